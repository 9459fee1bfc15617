"""Policies on levels by the rules of a task: reference policies go through the same as agents do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.reference import (
    PlannedPolicy,
    RandomPolicy,
    ScriptedPolicy,
    StateNumbers,
    WholeStates,
    optimal_actions,
)
from gmbench.benchmarks.episodes import Episodes, Rollouts
from gmbench.benchmarks.evaluation import Observe, Rules, evaluate, play_episodes, whole
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import pool_size, select

PlayedT = TypeVar("PlayedT")

CHUNK = 128
"""Levels that reference policies are made for at once, which bounds the memory that plans take."""


def rules_of(task: Task, observe: Observe | None = None) -> Rules:
    """How episodes of a task are played and counted."""
    return Rules(task.env, task.score_discount, observe)


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


def play_with_actions(
    task: Task, policies: Any, levels: Any, keys: jax.Array, observe: Observe | None = None
) -> Rollouts:
    """The same episodes, and what was done in all of them, as JAX arrays."""
    portion = whole(levels, task.first_only)
    return play_episodes(rules_of(task, observe), pool_size(levels), levels, portion, policies, keys)


def play_randomly(task: Task, levels: Any, key: jax.Array, episodes: int) -> Episodes:
    """Episodes of the random policy on each level: [episodes, levels, ...]."""
    policies = RandomPolicy(jnp.asarray(np.full(episodes, task.env.num_actions, np.int32)))
    return play(task, policies, levels, jax.random.split(key, episodes))


def references(task: Task, levels: Any) -> PlannedPolicy | ScriptedPolicy:
    """The reference policy of every goal on the levels of a pool, stacked on axis 0.

    They are optimal where the task is planned, and else do what its scripts say; see `play_references`.
    """
    if task.planned:
        best = optimal_actions(task.planner, levels)
        return PlannedPolicy(best, jnp.zeros(len(best), bool))
    scripts = tuple(task.scripts.values())
    chosen = np.repeat(np.arange(len(scripts), dtype=np.int32)[:, None], pool_size(levels), axis=1)
    return ScriptedPolicy(jnp.asarray(chosen), scripts)


def references_see(task: Task) -> Observe:
    """What the reference policies of a task must be shown."""
    return StateNumbers(task.env) if task.planned else WholeStates()


def play_references(task: Task, policies: Any, levels: Any) -> Episodes:
    """Reference policies on the levels that they are made for, or their twins: [policies, levels, ...]."""
    keys = jax.random.split(jax.random.key(0), len(jax.tree.leaves(policies)[0]))
    return play(task, policies, levels, keys, references_see(task))


def reference_episodes(task: Task, levels: Any) -> Episodes:
    """The episodes of the reference policy of every goal: [goals, levels, ...]."""
    return joined([play_references(task, references(task, part), part) for part in chunks(levels)])


def chunks(levels: Any) -> Iterator[Any]:
    """A pool in parts of at most `CHUNK` levels."""
    size = pool_size(levels)
    for start in range(0, size, CHUNK):
        yield select(levels, np.arange(start, min(start + CHUNK, size)))


def joined(parts: list[PlayedT]) -> PlayedT:
    """What was played on the parts of a pool, [policies, levels, ...], as on the whole."""
    whole: PlayedT = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *parts)
    return whole
