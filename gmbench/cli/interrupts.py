"""Ctrl-C: the first stops a run where nothing is lost, the second at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def patient(note: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Gives a function that tells whether Ctrl-C was pressed within. Pressed again, it interrupts as ever.

    To be used in the main thread.

    Args:
        note: called when it is pressed for the first time.
    """
    pressed = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)
        note()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
