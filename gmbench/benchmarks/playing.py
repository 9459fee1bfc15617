"""Play by the rules of a task: agents and reference policies play their episodes in the same way."""

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
from gmbench.benchmarks.episode_steps import Observe, Rules
from gmbench.benchmarks.episodes import Episodes, Rollouts
from gmbench.benchmarks.evaluation import all_levels, evaluate, play_episodes
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import pool_size, select

PlayedT = TypeVar("PlayedT")

CHUNK = 128
"""Number of levels that reference policies are made for at once. It bounds the memory of their plans."""


def rules_of(task: Task, observe: Observe | None = None) -> Rules:
    """Returns how episodes of a task are played and scored."""
    return Rules(task.env, task.score_discount, observe)


def play(task: Task, policies: Any, levels: Any, keys: jax.Array, observe: Observe | None = None) -> Episodes:
    """Plays one episode per policy and level by the rules of a task, see `evaluate`.

    Args:
        task: the task.
        policies: the policies, stacked on axis 0.
        levels: a pool of levels.
        keys: random keys, one per policy.
        observe: what makes the observations of the policies; None for the environment.
    """
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
    """Plays the same episodes as `play`, and returns them with all their actions, as JAX arrays."""
    portion = all_levels(levels, task.first_only)
    return play_episodes(rules_of(task, observe), pool_size(levels), levels, portion, policies, keys)


def play_randomly(task: Task, levels: Any, key: jax.Array, episodes: int) -> Episodes:
    """Plays a number of episodes of the random policy on each level: [episodes, levels, ...]."""
    policies = RandomPolicy(jnp.asarray(np.full(episodes, task.env.num_actions, np.int32)))
    return play(task, policies, levels, jax.random.split(key, episodes))


def reference_policies(task: Task, levels: Any) -> PlannedPolicy | ScriptedPolicy:
    """Makes the reference policy of every goal for the levels of a pool, stacked on axis 0.

    The policies are optimal if the task is planned. Otherwise they follow the scripts of the task.
    """
    if task.planned:
        best = optimal_actions(task.planner, levels)
        return PlannedPolicy(best, jnp.zeros(len(best), bool))
    scripts = tuple(task.scripts.values())
    chosen = np.repeat(np.arange(len(scripts), dtype=np.int32)[:, None], pool_size(levels), axis=1)
    return ScriptedPolicy(jnp.asarray(chosen), scripts)


def reference_observation(task: Task) -> Observe:
    """Returns what makes the observations of a task's reference policies."""
    return StateNumbers(task.env) if task.planned else WholeStates()


def play_references(task: Task, policies: Any, levels: Any) -> Episodes:
    """Plays reference policies on the levels that they were made for, or on the paired levels of these.

    The results are [policies, levels, ...].
    """
    keys = jax.random.split(jax.random.key(0), len(jax.tree.leaves(policies)[0]))
    return play(task, policies, levels, keys, reference_observation(task))


def reference_episodes(task: Task, levels: Any) -> Episodes:
    """Plays the reference policy of every goal: [goals, levels, ...]."""
    parts = split_into_chunks(levels)
    return join_chunks([play_references(task, reference_policies(task, part), part) for part in parts])


def split_into_chunks(levels: Any) -> Iterator[Any]:
    """Splits a pool into pools of at most `CHUNK` levels."""
    size = pool_size(levels)
    for start in range(0, size, CHUNK):
        yield select(levels, np.arange(start, min(start + CHUNK, size)))


def join_chunks(parts: list[PlayedT]) -> PlayedT:
    """Joins the results on the chunks of a pool, [policies, levels, ...], along the levels."""
    joined: PlayedT = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *parts)
    return joined
