"""Settings of runs, suites and sweeps: what a user asks for, and the complete settings that follow."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError, hint
from gmbench.runs.limits import MOST, check_settings

ALGORITHM = r"[\w.-]{1,100}(:[\w.]{1,100})?"
"""The form of the name of an algorithm: a word, or ``package.module:factory``."""


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """What a user asks for: the same for a run, for each task of a suite, and for each condition of a sweep.

    Attributes:
        algorithm: ``ppo``, ``ppo-rnn``, or your own as ``package.module:factory``, a function of (env, steps)
            that returns a `gmbench.agents.algorithm.Algorithm`; None for the algorithm of the task.
        budget: ``quick`` or ``standard``; it fills in ``seeds``, ``steps`` and ``levels`` that are None.
        seeds: number of training seeds.
        steps: environment steps per seed; a run makes the fewest whole updates that reach them.
        alpha: fraction of training levels from the shifted distribution, from 0 to 1.
        levels: number of training levels that are drawn. Some may be equal: the manifest has the number of
            ``distinct_levels``.
        block: number of seeds that are computed together; None for what suits the algorithm and the device.
            The results depend on it by floating-point rounding.
        part: (k, n) to run only the k-th of n parts of the seeds; `gmbench.merge` combines the parts.
        memory: GiB that training may use on each device; None for half of the free memory.

    Numbers may be whole floats, such as 1e6, and numbers of NumPy. `gmbench.runs.limits` has the limits.

    Raises:
        UsageError: an option has another type, or is out of range.
    """

    algorithm: str | None = None
    budget: str = "quick"
    seeds: int | None = None
    steps: int | None = None
    alpha: float = 0.0
    levels: int | None = None
    block: int | None = None
    part: tuple[int, int] = (1, 1)
    memory: float | None = None

    def __post_init__(self) -> None:
        for name in ("budget", "alpha", "part"):
            if getattr(self, name) is None:
                raise UsageError(f"{name} cannot be None; leave it out for the default")
        for name, value in check_settings(vars(self)).items():
            object.__setattr__(self, name, value)


class SweepKeywords(TypedDict, total=False):
    """The fields of `RunOptions` that all conditions of a sweep share, as keyword arguments."""

    algorithm: str | None
    budget: str
    seeds: int | None
    steps: int | None
    block: int | None
    part: tuple[int, int]
    memory: float | None


class RunKeywords(SweepKeywords, total=False):
    """The fields of `RunOptions` as keyword arguments, for type checkers."""

    alpha: float
    levels: int | None


@dataclasses.dataclass(frozen=True)
class Settings:
    """The complete settings of a run, as its manifest stores them. All numbers are checked.

    Attributes:
        task: id of the task.
        algorithm: name, or ``package.module:factory``.
        budget: the name of the budget that filled in what was not given.
        seeds: number of training seeds, numbered from 0.
        steps: environment steps per seed; a run makes the fewest whole updates that reach them.
        alpha: fraction of training levels from the shifted distribution.
        levels: number of training levels that are drawn.
        block: number of seeds that are computed together; 0 until the algorithm and the device are known.
            The results depend on it by floating-point rounding, and on nothing else of how seeds are
            distributed.
        part: (k, n) for the k-th of n parts of the seeds; (1, 1) for all seeds.

    Raises:
        UsageError: a number is out of range.
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
    def resolve(cls, task: Task, options: RunOptions) -> Settings:
        """Makes the settings of a run; what the options leave open is filled in from the task and its budget.

        Raises:
            UsageError: a number is out of range, or the task has no such budget.
        """
        if options.budget not in task.budgets:
            known = hint(options.budget, task.budgets, f"its budgets are {', '.join(task.budgets)}")
            raise UsageError(f"{task.id} has no budget {options.budget!r}; {known}")
        budget = task.budgets[options.budget]
        return cls(
            task=task.id,
            algorithm=task.algorithm if options.algorithm is None else options.algorithm,
            budget=options.budget,
            seeds=budget.seeds if options.seeds is None else options.seeds,
            steps=budget.steps if options.steps is None else options.steps,
            alpha=options.alpha,
            levels=budget.levels if options.levels is None else options.levels,
            block=0 if options.block is None else options.block,
            part=options.part,
        )

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], path: Path) -> Settings:
        """Reads the settings from a manifest.

        Args:
            manifest: the content of the manifest.
            path: its path, which the message names.

        Raises:
            UsageError: a setting is missing or damaged.
        """
        try:
            _check_stored(manifest)
            stored = cls(**{field.name: manifest[field.name] for field in dataclasses.fields(cls)})
            stored.blocks()  # Raises if there are too many parts.
            return stored
        except UsageError as error:
            raise UsageError(f"{path} is damaged ({error}); the run must be repeated") from error
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise UsageError(f"{path} is damaged; the run must be repeated") from error

    def __post_init__(self) -> None:
        undecided = ("block",) if self.block == 0 else ()
        given = {name: value for name, value in vars(self).items() if name not in undecided}
        for name, value in check_settings(given).items():
            object.__setattr__(self, name, value)

    @property
    def all_seeds(self) -> bool:
        """Whether the run has all seeds, and not only a part of them."""
        return self.part == (1, 1)

    def blocks(self) -> range:
        """The numbers of the blocks in this part of the run.

        Raises:
            UsageError: there are fewer blocks than parts.
        """
        part, parts = self.part
        count = -(-self.seeds // self.block)
        if parts > count:
            raise UsageError(
                f"{self.seeds} seeds in blocks of {self.block} make {count} parts at most, not {parts}; "
                "give fewer parts, or --block fewer seeds"
            )
        return range(count * (part - 1) // parts, count * part // parts)

    def seeds_of(self, blocks: range) -> range:
        """The seeds of consecutive blocks. The last block of a run may have fewer seeds than the others."""
        return range(blocks.start * self.block, min(blocks.stop * self.block, self.seeds))


def _check_stored(manifest: Mapping[str, Any]) -> None:
    """Checks the types of the settings in a manifest, and that what follows from them is bounded.

    Raises:
        UsageError: a setting has another type, or is too large.
        KeyError or TypeError: a setting is missing, or no text where it should be one.
    """
    numbers = {name: manifest[name] for name in MOST}
    part = manifest["part"]
    possible = (
        all(type(value) is int and 1 <= value <= MOST[name] for name, value in numbers.items())
        and type(manifest["alpha"]) in (int, float)
        and isinstance(manifest["budget"], str)
        and isinstance(part, list | tuple)
        and [type(number) for number in part] == [int, int]
    )
    if not possible:
        raise UsageError("a number in it is none, or too large")
    if manifest["task"] not in TASKS or not re.fullmatch(ALGORITHM, manifest["algorithm"]):
        raise UsageError("the name of its task or of its algorithm is none")
