"""Measures the speed of tasks: environments and training of each, between two measurements of the machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax

from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.benchmarks.training_levels import TRAINING_LEVELS_SEED, training_levels
from gmbench.envs.core.environment import EnvParams
from gmbench.errors import UsageError
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.settings import RunOptions, Settings
from gmbench.speed.ceilings import measure_ceilings
from gmbench.speed.choices import Choices
from gmbench.speed.measurement import measure_environment, measure_training
from gmbench.speed.report import Report, Row
from gmbench.speed.timing import Repeats

BUDGET = "quick"
"""The budget whose numbers of seeds and environments are measured as well, in the last row of a task."""
ENVIRONMENTS = {"cpu": 2048}
"""Number of environments that are measured without a learner, by platform."""
ENVIRONMENTS_ACCELERATOR = 131_072
"""The same for platforms that `ENVIRONMENTS` does not list."""


def measure_speed(choices: Choices, on_stage: Callable[[str], None] | None = None) -> Report:
    """Measures environments and training of every task, and the machine before and after.

    Args:
        choices: what is measured.
        on_stage: called with the name of each stage when the stage begins.

    Raises:
        UsageError: a task cannot be trained with the number of environments per seed.
    """
    stage = on_stage or (lambda name: None)
    repeats = Repeats(choices.repeats, choices.seconds)
    tasks = [load_task(task_id) for task_id in dict.fromkeys(choices.tasks or TASKS)]
    learners = {task.id: list(_learners(task, choices)) for task in tasks}
    stage("machine")
    before = measure_ceilings(repeats)
    rows: list[Row] = []
    for task in tasks:
        stage(f"{task.id}: levels")
        levels = task.budgets[BUDGET].levels if choices.levels is None else choices.levels
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
    default = ENVIRONMENTS.get(jax.default_backend(), ENVIRONMENTS_ACCELERATOR)
    environments = default if choices.environments is None else choices.environments
    measured = measure_environment(task.env, params, environments, repeats)
    return Row(task.id, seeds=None, environments=environments, budget=None, measured=measured)


def _learners(task: Task, choices: Choices) -> Iterator[tuple[Algorithm[Any], dict[str, Any]]]:
    """Yields the learning algorithms that are measured, each with the other fields of its row."""
    if not choices.training:
        return
    config = task.configs[task.algorithm]
    budget = task.budgets[BUDGET]
    cases = [(seeds, choices.batch // seeds, None) for seeds in choices.seeds]
    for seeds, environments, name in [*cases, (budget.seeds, config.num_envs, BUDGET)]:
        try:
            resized = dataclasses.replace(config, num_envs=environments)
        except ValueError as error:
            each = f"{seeds} seeds of {environments} environments each"
            raise UsageError(f"{task.id} cannot be trained with {each}: {error}") from error
        algorithm = make_algorithm(
            dataclasses.replace(task, configs={task.algorithm: resized}),
            Settings.resolve(task, RunOptions(budget=BUDGET, seeds=seeds)),
        )
        yield algorithm, {"seeds": seeds, "environments": environments, "budget": name}
