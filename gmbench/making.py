"""Environments by the id of their task, in gymnax's style."""

from __future__ import annotations

from typing import Any

import jax

from gmbench.benchmarks.tasks import load_task
from gmbench.envs.environment import Environment, EnvParams
from gmbench.envs.levels import training_pool
from gmbench.errors import UsageError


def make(
    task: str, *, levels: int = 1024, alpha: float = 0.0, seed: int = 0
) -> tuple[Environment[Any, Any], EnvParams]:
    """The environment of a task, and parameters with a pool of its training levels.

    None of the levels has a layout that the task's packs may hold.

    Args:
        task: id, such as ``coinrun-v1``.
        levels: size of the pool.
        alpha: fraction of levels from the shifted distribution.
        seed: of the pool.

    Raises:
        UsageError: there is no such task, or a number is out of range.
    """
    loaded = load_task(task)
    if levels < 1:
        raise UsageError(f"levels must be at least 1, not {levels}")
    if not 0.0 <= alpha <= 1.0:
        raise UsageError(f"alpha must lie between 0 and 1, not {alpha}")
    pool = training_pool(loaded.training_levels(alpha), jax.random.key(seed), levels)
    return loaded.env, loaded.env.params(pool)
