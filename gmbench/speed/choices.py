"""What the command ``speed`` measures: the choices of the user, checked."""

from __future__ import annotations

import dataclasses

from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.training_levels import check_levels
from gmbench.checks import check_flag, check_real, check_several, check_whole
from gmbench.errors import UsageError

MOST = {"environments": 10**8, "batch": 10**8, "repeats": 10**6}
"""The largest numbers of each kind."""
MOST_SECONDS = 86_400.0
"""The longest repeat, in seconds."""


@dataclasses.dataclass(frozen=True)
class Choices:
    """What is measured, and how often.

    Attributes:
        tasks: task ids; all registered tasks if empty.
        seeds: numbers of learners that are compared; each number of learners shares ``batch`` environments.
        environments: number of environments that are measured without a learner; None for the platform's
            default.
        batch: number of environments that all learners share.
        levels: number of training levels; None for that of the quick budget.
        repeats: repeats of each measurement.
        seconds: seconds that a repeat should take.
        training: whether training is measured as well as environments alone.

    Raises:
        UsageError: a task does not exist, or a number is out of range.
    """

    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    environments: int | None
    batch: int
    levels: int | None
    repeats: int
    seconds: float
    training: bool = True

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check_whole(name, value, 1, most))
        object.__setattr__(
            self, "seconds", check_real("seconds", self.seconds, 0.0, MOST_SECONDS, above=True)
        )
        check_flag("training", self.training)
        several = check_several("seeds", self.seeds)
        object.__setattr__(self, "seeds", tuple(check_whole("seeds", seeds, 1) for seeds in several))
        for seeds in self.seeds:
            if self.batch % seeds:
                raise UsageError(
                    f"a batch of {self.batch} environments cannot be divided equally among {seeds} seeds"
                )
        if self.levels is not None:
            object.__setattr__(self, "levels", check_levels(self.levels, alpha=0.0)[0])
        for task in self.tasks:
            load_task(task)
