"""The exact planner: optimal values of every candidate goal on one level, by value iteration.

Works for any environment that numbers its states (see `gmbench.envs.environment.Environment.state_count`).
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.environment import Environment

DISCOUNT = 0.99
"""Planning discount: below 1, so that among equally good ends the nearest is best and no plan loops."""


@struct.dataclass
class Transitions:
    """What every action does in every numbered state of one level.

    Attributes:
        following: int32[states, actions], number of the next state; of no meaning where ``ended``.
        rewards: float32[goals, states, actions].
        ended: bool[states, actions], whether the episode is over then.
    """

    following: jax.Array
    rewards: jax.Array
    ended: jax.Array


def transitions(env: Environment[Any, Any], level: Any, first_only: bool) -> Transitions:
    """The transition table of one level; see `optimal_values` for ``first_only``."""

    def step(number: jax.Array, action: jax.Array) -> Transitions:
        return _outcome(env, level, env.numbered_state(number), action, first_only)

    numbers, actions = jnp.arange(env.state_count), jnp.arange(env.num_actions)
    axes: Any = Transitions(following=0, rewards=1, ended=0)  # type: ignore[arg-type]
    return jax.vmap(jax.vmap(step, (None, 0), axes), (0, None), axes)(numbers, actions)


def _outcome(
    env: Environment[Any, Any], level: Any, state: Any, action: jax.Array, first_only: bool
) -> Transitions:
    """What one action does in one state."""
    following = env.advance(level, state, action)
    rewards = env.rewards(level, state, action, following)
    ended = env.ended(level, following) | (first_only & jnp.any(rewards != 0))
    return Transitions(following=env.state_number(following), rewards=rewards, ended=ended)


@functools.partial(jax.jit, static_argnums=(0, 2, 3))
def optimal_values(
    env: Environment[Any, Any], level: Any, first_only: bool, discount: float = DISCOUNT
) -> jax.Array:
    """Optimal discounted return of every goal from every numbered state: float32[goals, states].

    The first reward is not discounted: V(s) = max_a r + discount * V(s').

    Args:
        env: the environment.
        level: one level.
        first_only: whether every goal's return stops at the first event of any goal.
        discount: below 1.
    """
    # From zero the values only grow, in floating point too, so that they come to rest exactly.
    table = transitions(env, level, first_only)
    keep = jnp.where(table.ended, 0.0, discount)

    def improve(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        values, _ = carry
        better = jnp.max(table.rewards + keep * values[:, table.following], axis=-1)
        return better, jnp.any(better != values)

    first = jnp.zeros((len(env.goals), env.state_count), jnp.float32)
    return jax.lax.while_loop(lambda carry: carry[1], improve, (first, jnp.bool_(True)))[0]


def action_values(
    env: Environment[Any, Any],
    level: Any,
    values: jax.Array,
    state: Any,
    first_only: bool,
    discount: float = DISCOUNT,
) -> jax.Array:
    """Optimal discounted return of every goal after each action: float32[goals, actions].

    Args:
        env: the environment that the values belong to.
        level: the level that they belong to.
        values: from `optimal_values`.
        state: a state of the environment.
        first_only: as the values were computed.
        discount: as the values were computed.
    """
    outcome = jax.vmap(lambda action: _outcome(env, level, state, action, first_only))(
        jnp.arange(env.num_actions)
    )
    keep = jnp.where(outcome.ended, 0.0, discount)
    return outcome.rewards.T + keep * values[:, outcome.following]
