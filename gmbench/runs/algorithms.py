"""Making the algorithm of a run from its settings."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from gmbench.agents import ALGORITHMS, describe_error, load_algorithm
from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError
from gmbench.runs.blocks import block_size, updates_of
from gmbench.runs.contract import check_contract, check_first_actions
from gmbench.runs.limits import MOST, MOST_UPDATES
from gmbench.runs.memory_planning import check_memory
from gmbench.runs.settings import ALGORITHM, RunOptions, Settings
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
    except ValueError as error:  # It has refused its settings.
        raise UsageError(f"the algorithm {settings.algorithm!r} cannot be made: {error}") from error
    except Exception as error:  # The code of somebody else may fail in any way.
        reason = describe_error(error)
        raise UsageError(f"the algorithm {settings.algorithm!r} cannot be made: {reason}") from error
    return made


def prepare(task: Task, options: RunOptions, check_code: bool = True) -> tuple[Settings, Algorithm[Any]]:
    """Makes the settings of a run, with the size of its blocks, and the learner for one seed.

    It checks all that can be known before anything is stored, drawn or compiled.

    Args:
        task: the task.
        options: what is run.
        check_code: whether to check an algorithm that is not one of gmbench; a caller that prepares several
            runs of one algorithm on one task needs to do it once only.

    Raises:
        UsageError: an option is out of range, the algorithm cannot be made or used, the run does not fit into
            the memory, or runs are not possible on this operating system.
    """
    check_platform()
    settings = Settings.resolve(task, options)
    learner = make_algorithm(task, settings)
    if not re.fullmatch(ALGORITHM, settings.algorithm):
        raise UsageError(
            f"the name {settings.algorithm!r} of an algorithm is too long or has other signs than letters, "
            "digits, dots and dashes; give it a shorter or simpler one"
        )
    if check_code:
        check_algorithm(task, settings.algorithm, learner)
    check_updates(settings, learner)
    block = block_size(learner, settings.seeds) if settings.block == 0 else settings.block
    prepared = dataclasses.replace(settings, block=block)
    prepared.blocks()  # Raises if there are too many parts.
    check_memory(task, prepared, learner, options.memory)
    return prepared, learner


def check_algorithm(task: Task, name: str, learner: Algorithm[Any]) -> None:
    """Checks an algorithm that is not one of gmbench, see `gmbench.runs.contract`."""
    if name not in ALGORITHMS:
        check_contract(name, learner, task)
        check_first_actions(name, learner, task)


def check_updates(settings: Settings, learner: Algorithm[Any]) -> None:
    """Checks the number of updates, which follows from the steps and the algorithm.

    Raises:
        UsageError: there are more than can be counted.
    """
    updates = updates_of(learner, settings.steps)
    most = min(MOST_UPDATES, MOST["steps"] // learner.steps_per_update)
    if updates > most:
        raise UsageError(
            f"{settings.steps:,} steps make {updates:,} updates of {settings.algorithm}, and {most:,} are "
            "the most; give fewer steps"
        )
