"""The command ``speed``: steps a second of environments and training, beside what the machine can do."""

from __future__ import annotations

import dataclasses
import os
import platform
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

import jax

import gmbench
from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks import REGISTRY, load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.environment import EnvParams
from gmbench.errors import UsageError
from gmbench.runs.run import TRAINING_LEVELS_SEED, make_algorithm
from gmbench.runs.settings import check_levels, settle, training_levels
from gmbench.speed.ceilings import Ceilings, measure_ceilings
from gmbench.speed.measurement import Measurement, measure_environment, measure_training
from gmbench.speed.timing import Repeats

BUDGET = "quick"
"""The budget whose own numbers of seeds and environments are timed too."""
ENVIRONMENTS = {"cpu": 2048}
"""Environments without a learner, by the kind of device."""
ENVIRONMENTS_ACCELERATOR = 131_072


@dataclasses.dataclass(frozen=True)
class Choices:
    """What is measured.

    Attributes:
        tasks: ids; none for all of the registry.
        seeds: numbers of learners, each of which trains with the same number of environments in all.
        environments: without a learner; None for what suits the device.
        batch: environments of all seeds together.
        levels: of the training pool; None for as many as the quick budget has.
        repeats: of each measurement.
        seconds: that a repeat should take.
        training: whether training is measured too.

    Raises:
        UsageError: there is no such task, or a number is out of range.
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
                raise UsageError(f"a batch of {self.batch} environments cannot be shared by {seeds} seeds")
        if self.levels is not None:
            check_levels(self.levels, alpha=0.0)
        for task in self.tasks:
            load_task(task)


@dataclasses.dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        task: id.
        seeds: that were trained; None for environments under random actions.
        environments: of each seed, or in all.
        budget: whose numbers these are; None if they were chosen to be compared.
        measured: what came out.
    """

    task: str
    seeds: int | None
    environments: int
    budget: str | None
    measured: Measurement

    @property
    def temporaries(self) -> float | None:
        """Bytes that the program needs in between for each environment, or for each seed."""
        memory = self.measured.memory
        return None if memory is None else memory.temporaries / (self.seeds or self.environments)


@dataclasses.dataclass(frozen=True)
class Reached:
    """How much of what the machine can do was done: fractions of 1.

    Attributes:
        products: operations of matrix products alone, of the arithmetic ceiling.
        arithmetic: all operations, of the arithmetic ceiling.
        bandwidth: bytes, of the bandwidth ceiling; above 1 if caches served them.
    """

    products: float
    arithmetic: float
    bandwidth: float

    @property
    def limit(self) -> str:
        """Which ceiling is nearer: what takes longer at best."""
        return "arithmetic" if self.arithmetic >= self.bandwidth else "bandwidth"

    @property
    def fraction(self) -> float:
        """Of that ceiling."""
        return max(self.arithmetic, self.bandwidth)


@dataclasses.dataclass(frozen=True)
class Report:
    """Everything that was measured.

    Attributes:
        before: the ceilings, measured first.
        after: the same, measured last.
        rows: in between.
    """

    before: Ceilings
    after: Ceilings
    rows: list[Row]

    @property
    def arithmetic(self) -> float:
        """Operations a second that rows are compared with: the higher of the two medians."""
        return max(self.before.arithmetic.median, self.after.arithmetic.median)

    @property
    def bandwidth(self) -> float:
        """Bytes a second that rows are compared with: the higher of the two medians."""
        return max(self.before.bandwidth.median, self.after.bandwidth.median)

    def reached(self, row: Row) -> Reached:
        """What a row reached of the ceilings."""
        cost = row.measured.cost
        calls = row.measured.timing.rate(1.0).median
        return Reached(
            products=cost.products * calls / self.arithmetic,
            arithmetic=cost.operations * calls / self.arithmetic,
            bandwidth=cost.bytes * calls / self.bandwidth,
        )


def measure_speed(choices: Choices, on_stage: Callable[[str], None] | None = None) -> Report:
    """Measures environments and training of every task, and the machine before and after.

    Args:
        choices: what is measured.
        on_stage: called with the name of each stage as it begins.

    Raises:
        UsageError: the learner cannot be made with so few environments.
    """
    stage = on_stage or (lambda name: None)
    repeats = Repeats(choices.repeats, choices.seconds)
    tasks = [load_task(task_id) for task_id in dict.fromkeys(choices.tasks or REGISTRY)]
    learners = {task.id: list(_learners(task, choices)) for task in tasks}
    stage("machine")
    before = measure_ceilings(repeats)
    rows: list[Row] = []
    for task in tasks:
        stage(f"{task.id}: levels")
        levels = choices.levels or task.budgets[BUDGET].levels
        params = task.env.params(training_levels(task, levels, 0.0, TRAINING_LEVELS_SEED))
        stage(f"{task.id}: environments")
        rows.append(_environment_row(task, params, choices, repeats))
        for algorithm, row in learners[task.id]:
            stage(f"{task.id}: {row['seeds']} seeds")
            measured = measure_training(algorithm, params, row["seeds"], repeats)
            rows.append(Row(task=task.id, measured=measured, **row))
    stage("machine again")
    return Report(before, measure_ceilings(repeats), rows)


def _environment_row(task: Task, params: EnvParams, choices: Choices, repeats: Repeats) -> Row:
    suited = ENVIRONMENTS.get(jax.default_backend(), ENVIRONMENTS_ACCELERATOR)
    environments = choices.environments or suited
    measured = measure_environment(task.env, params, environments, repeats)
    return Row(task.id, seeds=None, environments=environments, budget=None, measured=measured)


def _learners(task: Task, choices: Choices) -> Iterator[tuple[Algorithm[Any], dict[str, Any]]]:
    """The learners that are timed, and what a row says of each."""
    if not choices.training:
        return
    config = task.configs[task.algorithm]
    budget = task.budgets[BUDGET]
    cases = [(seeds, choices.batch // seeds, None) for seeds in choices.seeds]
    for seeds, environments, name in [*cases, (budget.seeds, config.num_envs, BUDGET)]:
        try:
            suited = dataclasses.replace(config, num_envs=environments)
        except ValueError as error:
            raise UsageError(f"{task.id} cannot be trained with {seeds} seeds so: {error}") from error
        learner = make_algorithm(
            dataclasses.replace(task, configs={task.algorithm: suited}),
            settle(task, budget=BUDGET, seeds=seeds),
        )
        yield learner, {"seeds": seeds, "environments": environments, "budget": name}


def plain(report: Report) -> dict[str, Any]:
    """A report for machines: numbers in seconds, bytes and operations."""
    ceilings = {
        name: {
            "before": dataclasses.asdict(getattr(report.before, name)),
            "after": dataclasses.asdict(getattr(report.after, name)),
            "used": getattr(report, name),
        }
        for name in ("arithmetic", "bandwidth")
    }
    rows = [_plain_row(report, row) for row in report.rows]
    return {"machine": machine(), "ceilings": ceilings, "rows": rows}


def _plain_row(report: Report, row: Row) -> dict[str, Any]:
    measured, reached = row.measured, report.reached(row)
    memory = None if measured.memory is None else dataclasses.asdict(measured.memory)
    return {
        "task": row.task,
        "seeds": row.seeds,
        "environments": row.environments,
        "budget": row.budget,
        "steps_per_call": measured.steps,
        "steps_per_second": dataclasses.asdict(measured.timing.rate(measured.steps)),
        "calls_per_repeat": measured.timing.calls,
        "seconds_per_call": list(measured.timing.seconds),
        "compile_seconds": measured.compile_seconds,
        "per_call": {**dataclasses.asdict(measured.cost), "complete": measured.cost.complete},
        "memory": memory and {**memory, "peak": measured.memory and measured.memory.peak},
        "device_peak": measured.device_peak,
        "holds": measured.holds,
        "temporaries": row.temporaries,
        "reached": {**dataclasses.asdict(reached), "limit": reached.limit, "fraction": reached.fraction},
    }


def machine() -> dict[str, Any]:
    """What it was measured on. One device is used, whatever there are."""
    device = jax.devices()[0]
    return {
        "platform": device.platform,
        "device": device.device_kind,
        "cpus": _cpus(),
        "versions": {
            "gmbench": gmbench.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("jax", "jaxlib")},
        },
    }


def machine_line() -> str:
    """The same in a line."""
    found = machine()
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return f"{found['device']}, {found['cpus']} processors; {versions}"


def _cpus() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
