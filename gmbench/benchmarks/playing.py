"""Policies on levels by the rules of a task: reference policies go through the same as agents do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.reference import PlannedPolicy, RandomPolicy, StateNumbers, optimal_actions
from gmbench.benchmarks.evaluation import Episodes, Observe, evaluate
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.levels import pool_size, select

PlayedT = TypeVar("PlayedT")

CHUNK = 128
"""Levels planned at once, which bounds the memory that plans take."""


def play(task: Task, policies: Any, levels: Any, keys: jax.Array, observe: Observe | None = None) -> Episodes:
    """One episode per policy (stacked on axis 0, with a key each) and level, by the task's rules."""
    return evaluate(
        task.env,
        policies,
        levels,
        keys,
        first_only=task.first_only,
        discount=task.score_discount,
        observe=observe,
    )


def play_randomly(task: Task, levels: Any, key: jax.Array, episodes: int) -> Episodes:
    """Episodes of the random policy on each level: [episodes, levels, ...]."""
    policies = RandomPolicy(jnp.asarray(np.full(episodes, task.env.num_actions, np.int32)))
    return play(task, policies, levels, jax.random.split(key, episodes))


def play_plans(task: Task, best: jax.Array, levels: Any, last: bool = False) -> Episodes:
    """Planned policies on the levels: [policies, levels, ...].

    Args:
        task: the task.
        best: uint8[policies, levels, states], see `gmbench.agents.reference.optimal_actions`.
        levels: a pool.
        last: how ties are settled, see `gmbench.agents.reference.PlannedPolicy`.
    """
    policies = PlannedPolicy(best, jnp.asarray(np.full(len(best), last)))
    keys = jax.random.split(jax.random.key(0), len(best))
    return play(task, policies, levels, keys, StateNumbers(task.env))


def plans(task: Task, levels: Any) -> Iterator[tuple[Any, jax.Array]]:
    """The optimal actions for every goal, `CHUNK` levels at a time: pairs of a pool and its plan."""
    for part in chunks(levels):
        yield part, optimal_actions(task.planner, part)


def chunks(levels: Any) -> Iterator[Any]:
    """A pool in parts of at most `CHUNK` levels."""
    size = pool_size(levels)
    for start in range(0, size, CHUNK):
        yield select(levels, np.arange(start, min(start + CHUNK, size)))


def joined(parts: list[PlayedT]) -> PlayedT:
    """What was played on the parts of a pool, [policies, levels, ...], as on the whole."""
    whole: PlayedT = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *parts)
    return whole
