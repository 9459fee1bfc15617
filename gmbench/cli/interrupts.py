"""Ctrl-C: the first one lets a run save its state and stop, the second one stops it immediately."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping_at_ctrl_c(notify: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Handles Ctrl-C during a ``with`` block. It must be used in the main thread.

    Args:
        notify: called at the first Ctrl-C.

    Yields:
        A function that tells whether Ctrl-C was pressed. After that, Ctrl-C has its former effect again.
    """
    pressed = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)
        notify()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
