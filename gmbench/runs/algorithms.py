"""Making the algorithm of a run from its settings."""

from __future__ import annotations

import dataclasses
from typing import Any

from gmbench.agents import load_algorithm
from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError
from gmbench.runs.blocks import block_size
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage.platforms import check_platform


def make_algorithm(task: Task, settings: Settings) -> Algorithm[Any]:
    """Makes the learner for one seed. The algorithms of gmbench get the hyperparameters of the task.

    Raises:
        UsageError: there is no such algorithm, or it cannot be made.
    """
    factory = load_algorithm(settings.algorithm)
    config = task.configs.get(settings.algorithm)
    extra = {} if config is None else {"config": config}
    try:
        made: Algorithm[Any] = factory(task.env, settings.steps, **extra)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the algorithm {settings.algorithm!r} cannot be made: {error}") from error
    return made


def prepare(task: Task, options: RunOptions) -> tuple[Settings, Algorithm[Any]]:
    """Makes the settings of a run, with the size of its blocks, and the learner for one seed.

    Raises:
        UsageError: an option is out of range, the algorithm cannot be made, or runs are not possible on this
            operating system.
    """
    check_platform()
    settings = Settings.resolve(task, options)
    learner = make_algorithm(task, settings)
    prepared = dataclasses.replace(settings, block=settings.block or block_size(learner, settings.seeds))
    prepared.blocks()  # Raises if there are too many parts.
    return prepared, learner
