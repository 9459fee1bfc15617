"""Who is told how a run goes on, and may stop it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

OnStage = Callable[[str], None]
"""Called with the name of each stage as it begins."""
OnProgress = Callable[[int, int, float], None]
"""Called with the updates done, the updates in all, and the mean return on the intended goal."""
OnNote = Callable[[str], None]
"""Called with what a user should know, a line."""
Stop = Callable[[], bool]
"""Tells whether a run is to stop, once what was trained is kept."""


@dataclasses.dataclass(frozen=True)
class Watch:
    """Who is told how a run goes on, and may stop it.

    Attributes:
        stage: see `OnStage`.
        progress: see `OnProgress`.
        stop: see `Stop`.
        note: see `OnNote`.
    """

    stage: OnStage = lambda name: None
    progress: OnProgress = lambda done, updates, mean_return: None
    stop: Stop = lambda: False
    note: OnNote = lambda line: None
