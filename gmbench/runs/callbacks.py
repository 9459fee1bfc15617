"""Callbacks: how a run reports its progress, and how a user stops it."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

from gmbench.runs.storage.results import Result


def _ignore(*_: Any) -> None:
    """Does nothing."""


def _warn(sentence: str) -> None:
    """Warns the user of a Python program, who has no other sign of it."""
    warnings.warn(sentence, stacklevel=2)


@dataclasses.dataclass(frozen=True)
class Callbacks:
    """Functions that a run calls. All are optional.

    Attributes:
        stage: called with the name of each stage of a run as it begins, such as ``training``.
        progress: called after every update with the number of updates done, the number of all updates, and
            the mean return on the intended goal.
        stop: called now and then. If it returns True, the run saves its training and raises `Interrupted`.
        note: called with one line of text that helps to follow the run, such as how many rounds it has.
        warn: called with one sentence about something that is missing from the result, such as seeds that
            diverged, or figures. Unless given, it is a Python warning.
        task: called as each task of a suite begins with its id, its place from 1, and the number of tasks.
        result: called with the result of each task of a suite as soon as it is complete.
    """

    stage: Callable[[str], None] = _ignore
    progress: Callable[[int, int, float], None] = _ignore
    stop: Callable[[], bool] = lambda: False
    note: Callable[[str], None] = _ignore
    warn: Callable[[str], None] = _warn
    task: Callable[[str, int, int], None] = _ignore
    result: Callable[[Result], None] = _ignore
