"""What a run is told to do, and the training levels that follow from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax

from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import training_pool
from gmbench.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is run, with nothing left open.

    Attributes:
        task: id.
        algorithm: name, or ``package.module:factory``.
        budget: the name of the budget that filled in what was not given.
        seeds: how many, numbered from 0.
        steps: environment steps for each seed, at least; whole updates are taken.
        alpha: fraction of training levels from the shifted distribution.
        levels: different training levels.
        block: seeds that are computed together; the numbers depend on it in their last digits, and on nothing
            else of how the work is shared out. 0 until it is known what suits the algorithm and the device.
        part: which part of the seeds this is, and of how many; (1, 1) for all.
    """

    task: str
    algorithm: str
    budget: str
    seeds: int
    steps: int
    alpha: float
    levels: int
    block: int = 0
    part: tuple[int, int] = (1, 1)

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Settings:
        """Those that the manifest of a run says; KeyError where it does not."""
        return cls(**{field.name: manifest[field.name] for field in dataclasses.fields(cls)})

    @classmethod
    def stored(cls, manifest: Mapping[str, Any], path: Path) -> Settings:
        """Those that a manifest says.

        Raises:
            UsageError: it does not; the message names its path.
        """
        try:
            return cls.of(manifest)
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{path} is damaged; the run must be repeated") from error

    def __post_init__(self) -> None:
        for name in ("seeds", "steps"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.block < 0:
            raise UsageError(f"a block has at least 1 seed, not {self.block}")
        object.__setattr__(self, "part", tuple(self.part))  # JSON has lists.
        which, parts = self.part
        if not 1 <= which <= parts:
            raise UsageError(f"there is no part {which} of {parts}; the first of three is 1/3")
        check_levels(self.levels, self.alpha)

    @property
    def whole(self) -> bool:
        """Whether all seeds are run, and not a part of them."""
        return self.part == (1, 1)

    def blocks(self) -> range:
        """The numbers of the blocks that this part of the run has to do.

        Raises:
            UsageError: there are none.
        """
        which, parts = self.part
        count = -(-self.seeds // self.block)
        if parts > count:
            raise UsageError(
                f"{self.seeds} seeds in blocks of {self.block} make {count} parts at most, not {parts}; "
                "give fewer parts, or --block fewer seeds"
            )
        return range(count * (which - 1) // parts, count * which // parts)

    def seeds_of(self, blocks: range) -> range:
        """The seeds of some blocks; the last block of all may have fewer than the others."""
        return range(blocks.start * self.block, min(blocks.stop * self.block, self.seeds))


def settle(
    task: Task,
    *,
    algorithm: str | None = None,
    budget: str = "quick",
    seeds: int | None = None,
    steps: int | None = None,
    alpha: float = 0.0,
    levels: int | None = None,
    block: int | None = None,
    part: tuple[int, int] = (1, 1),
) -> Settings:
    """Fills what is not given from the task and its budget.

    Raises:
        UsageError: a number is out of range, or there is no such budget.
    """
    if budget not in task.budgets:
        raise UsageError(f"{task.id} has no budget {budget!r}; its budgets are {', '.join(task.budgets)}")
    given = task.budgets[budget]
    return Settings(
        task=task.id,
        algorithm=task.algorithm if algorithm is None else algorithm,
        budget=budget,
        seeds=given.seeds if seeds is None else seeds,
        steps=given.steps if steps is None else steps,
        alpha=alpha,
        levels=given.levels if levels is None else levels,
        block=block or 0,
        part=part,
    )


def check_levels(levels: int, alpha: float) -> None:
    """Whether so many training levels can be drawn.

    Raises:
        UsageError: a number is out of range.
    """
    if levels < 1:
        raise UsageError(f"levels must be at least 1, not {levels}")
    if not 0.0 <= alpha <= 1.0:
        raise UsageError(f"alpha must lie between 0 and 1, not {alpha}")


def training_levels(task: Task, levels: int, alpha: float, seed: int) -> Any:
    """A pool of training levels, none with a layout that a pack may hold.

    Args:
        task: the task.
        levels: how many.
        alpha: fraction of levels from the shifted distribution.
        seed: of the pool.

    Raises:
        UsageError: a number is out of range.
    """
    check_levels(levels, alpha)
    return training_pool(task.training_levels(alpha), jax.random.key(seed), levels)
