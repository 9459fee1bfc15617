"""What the command ``speed`` measures: the choices of the user, checked."""

from __future__ import annotations

import dataclasses

from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.training_levels import check_levels
from gmbench.errors import UsageError


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
        for name in ("environments", "batch", "repeats"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} must be at least 1, not {value}")
        if not 0.0 < self.seconds < float("inf"):
            raise UsageError(f"seconds must be above 0, not {self.seconds}")
        for seeds in self.seeds:
            if seeds < 1:
                raise UsageError(f"seeds must be at least 1, not {seeds}")
            if self.batch % seeds:
                raise UsageError(
                    f"a batch of {self.batch} environments cannot be divided equally among {seeds} seeds"
                )
        if self.levels is not None:
            check_levels(self.levels, alpha=0.0)
        for task in self.tasks:
            load_task(task)
