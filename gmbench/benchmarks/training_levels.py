"""Training levels: the pool of levels that agents train on, without any layout that a pack may hold."""

from __future__ import annotations

from typing import Any

import jax

from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import training_pool
from gmbench.errors import UsageError

TRAINING_LEVELS_SEED = 2022
"""The seed of the training levels of every run. So runs with equal task, `alpha` and `levels` train on the
same levels."""


def check_levels(levels: int, alpha: float) -> None:
    """Checks the number of training levels and the fraction of shifted ones.

    Args:
        levels: number of training levels, at least 1.
        alpha: fraction of levels from the shifted distribution, from 0 to 1.

    Raises:
        UsageError: if a number is out of range.
    """
    if levels < 1:
        raise UsageError(f"levels must be at least 1, not {levels}")
    if not 0.0 <= alpha <= 1.0:
        raise UsageError(f"alpha must lie between 0 and 1, not {alpha}")


def training_levels(task: Task, levels: int, alpha: float, seed: int) -> Any:
    """Draws a pool of training levels. None of them has a layout that is reserved for packs.

    Levels are drawn independently of each other: where a task has few levels, some are drawn several times.

    Args:
        task: the task.
        levels: number of levels that are drawn.
        alpha: fraction of levels from the shifted distribution, from 0 to 1.
        seed: seed of the pool.

    Raises:
        UsageError: if a number is out of range.
    """
    check_levels(levels, alpha)
    return training_pool(task.training_levels(alpha), jax.random.key(seed), levels)
