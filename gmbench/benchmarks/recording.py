"""Recording: the episodes of an evaluation, step by step."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.evaluation import Observe, Rules, play_episodes, whole
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import pool_size


@struct.dataclass
class Trajectories:
    """What was done in episodes, [policies, levels, ...]; actions after the end of an episode mean nothing.

    Attributes:
        states: of the environment, [..., time limit + 1]: the first, and that after each step. Those after
            the end of the episode repeat the last one.
        actions: uint8[..., time limit].
        length: int32, steps.
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
    """The very episodes that `gmbench.benchmarks.evaluation.evaluate` plays with the same arguments."""
    rules, portion = Rules(env, 1.0, observe), whole(levels, first_only)
    played = play_episodes(rules, pool_size(levels), levels, portion, policies, keys)
    length = played.episodes.length
    return Trajectories(replay(env, levels, played.actions, length), played.actions, length)


@functools.partial(jax.jit, static_argnums=0)
def replay(env: Environment[Any, Any], levels: Any, actions: jax.Array, length: jax.Array) -> Any:
    """The states of `Trajectories` from all the rest: an episode is a function of its level and actions.

    Args:
        env: the environment.
        levels: a pool.
        actions: of episodes on all its levels.
        length: of the episodes.
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
