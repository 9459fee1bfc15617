"""Environments by the id of their task, in gymnax's style."""

from __future__ import annotations

from typing import Any

from gmbench.benchmarks.tasks import load_task
from gmbench.envs.core.environment import Environment, EnvParams
from gmbench.runs.settings import training_levels


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
    return loaded.env, loaded.env.params(training_levels(loaded, levels, alpha, seed))
