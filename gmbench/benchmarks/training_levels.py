"""Training levels: the pool of levels that agents train on, without any layout that a pack may hold."""

from __future__ import annotations

from typing import Any

import jax

from gmbench.benchmarks.limits import LARGEST_SEED, MOST_LEVELS
from gmbench.benchmarks.tasks.task import Task
from gmbench.checks import check_real, check_whole
from gmbench.envs.core.levels import training_pool

TRAINING_LEVELS_SEED = 2022
"""The seed of the training levels of every run. So runs with equal task, `alpha` and `levels` train on the
same levels."""


def check_levels(levels: int, alpha: float) -> tuple[int, float]:
    """Checks the number of training levels and the fraction of shifted ones, and returns both.

    Args:
        levels: number of training levels, from 1 to `MOST_LEVELS`.
        alpha: fraction of levels from the shifted distribution, from 0 to 1.

    Raises:
        UsageError: if a number is out of range, or none.
    """
    return check_whole("levels", levels, 1, MOST_LEVELS), check_real("alpha", alpha, 0.0, 1.0)


def training_levels(task: Task, levels: int, alpha: float, seed: int) -> Any:
    """Draws a pool of training levels. None of them has a layout that is reserved for packs.

    Levels are drawn independently of each other: where a task has few levels, some are drawn several times.

    Args:
        task: the task.
        levels: number of levels that are drawn, from 1 to `MOST_LEVELS`.
        alpha: fraction of levels from the shifted distribution, from 0 to 1.
        seed: seed of the pool, from 0 to `LARGEST_SEED`.

    Raises:
        UsageError: if a number is out of range, or none.
    """
    levels, alpha = check_levels(levels, alpha)
    seed = check_whole("seed", seed, 0, LARGEST_SEED)
    return training_pool(task.training_levels(alpha), jax.random.key(seed), levels)
