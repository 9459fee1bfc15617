"""Trajectories: the states and actions of the episodes of an evaluation, step by step."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.episode_steps import Observe, Rules
from gmbench.benchmarks.evaluation import all_levels, play_episodes
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import pool_size


@struct.dataclass
class Trajectories:
    """The states and actions of one episode per policy and level, [policies, levels, ...].

    Attributes:
        states: environment states, [..., time limit + 1]: the first state and the state after each step.
            After the end of an episode the last state is repeated.
        actions: uint8[..., time limit], actions. They are meaningless after the end of an episode.
        length: int32, number of steps.
    """

    states: Any
    actions: jax.Array
    length: jax.Array


def record(
    env: Environment[Any, Any],
    policies: Policy,
    levels: Any,
    keys: jax.Array,
    *,
    first_only: bool,
    observe: Observe | None = None,
) -> Trajectories:
    """Records the episodes that `gmbench.benchmarks.evaluation.evaluate` plays with the same arguments."""
    rules, portion = Rules(env, 1.0, observe), all_levels(levels, first_only)
    played = play_episodes(rules, pool_size(levels), levels, portion, policies, keys)
    length = played.episodes.length
    return Trajectories(replay(env, levels, played.actions, length), played.actions, length)


@functools.partial(jax.jit, static_argnums=0)
def replay(env: Environment[Any, Any], levels: Any, actions: jax.Array, length: jax.Array) -> Any:
    """Computes the states of trajectories: a level and the actions determine an episode.

    Args:
        env: the environment.
        levels: a pool of levels.
        actions: int[policies, levels, time limit], actions of the episodes.
        length: int32[policies, levels], lengths of the episodes.

    Returns:
        The states of `Trajectories`.
    """

    def episode(level: Any, actions: jax.Array, length: jax.Array) -> Any:
        def step(state: Any, taken: tuple[jax.Array, jax.Array]) -> tuple[Any, Any]:
            time, action = taken
            following = env.advance(level, state, action.astype(jnp.int32))
            state = jax.tree.map(lambda new, old: jnp.where(time < length, new, old), following, state)
            return state, state

        start = env.start(level)
        states = jax.lax.scan(step, start, (jnp.arange(len(actions)), actions))[1]
        return jax.tree.map(lambda first, rest: jnp.concatenate((first[None], rest)), start, states)

    return jax.vmap(jax.vmap(episode), (None, 0, 0))(levels, actions, length)
