"""The exact planner: the best that can be had of every candidate goal on one level, by value iteration.

Works for any environment that numbers its states (see `gmbench.envs.core.environment.Environment.state_count`).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core.environment import Environment
from gmbench.envs.core.materialized import materialized

DISCOUNT = 0.99
"""Planning discount: below 1, so that among equally good ends the nearest is best and no plan loops."""
TIE = 1e-5
"""Actions are equally good whose values differ by less, as a part of the best: far above rounding, and far
below what a single step's delay costs."""
MOST_STATES = 1 << 20
"""Of a level that is planned: some seconds and a tenth of a gigabyte."""


@dataclasses.dataclass(frozen=True)
class Planner:
    """How plans are made.

    Attributes:
        env: an environment that numbers its states.
        first_only: whether every goal's return stops with the first event of any goal. If not, whoever
            pursues a proxy takes of the intended goal what it can without loss to the proxy.
        discount: per step, below 1; the first reward is not discounted: V(s) = max_a r + discount * V(s').
    """

    env: Environment[Any, Any]
    first_only: bool
    discount: float = DISCOUNT


@struct.dataclass
class Values:
    """Discounted returns, float32[goals, ...]; what follows is said where they are made.

    Attributes:
        own: return on each goal of the policy that is optimal for it.
        intended: return of the same policy on the intended goal, the best that is possible without loss to
            its own; None where only the first goal counts, since then there is no more to be had.
    """

    own: jax.Array
    intended: jax.Array | None


@struct.dataclass
class Plan:
    """The best that can be had of every goal on one level, from each of its numbered states.

    Attributes:
        values: of states: [goals, states].
        worth: the values after each action: [goals, actions, states].
        following: int32[actions, states], number of the next state; of no meaning where the episode is over.
    """

    values: Values
    worth: Values
    following: jax.Array

    def at(self, numbers: jax.Array) -> Values:
        """The values after each action in some states: [goals, actions, *numbers]."""
        return jax.tree.map(lambda leaf: leaf[..., numbers], self.worth)


@struct.dataclass
class _Transitions:
    """What every action does in every numbered state.

    Attributes:
        following: int32[actions, states], number of the next state; of no meaning where ``keep`` is 0.
        rewards: float32[goals, actions, states].
        keep: float32[actions, states], what the next state's value counts; 0 where the episode is over.
    """

    following: jax.Array
    rewards: jax.Array
    keep: jax.Array

    def worth(self, values: jax.Array) -> jax.Array:
        """From the values of states, float32[goals, states], those of actions, [goals, actions, states]."""
        return self.rewards + self.keep * values[:, self.following]


@functools.partial(jax.jit, static_argnums=0)
def make_plan(planner: Planner, level: Any) -> Plan:
    """The plan of one level.

    Raises:
        ValueError: the level has too many states.
    """
    count = planner.env.state_count(level)
    if count > MOST_STATES:
        raise ValueError(f"a level of {count:,} states is too large to be planned ({MOST_STATES:,} at most)")
    table = _transitions(planner, level, count)
    # From zero the values only grow, in floating point too, so that they come to rest exactly.
    nothing = jnp.zeros((len(planner.env.goals), count), jnp.float32)
    own = _at_rest(lambda values: jnp.max(table.worth(values), axis=1), nothing)
    worth = table.worth(own)
    if planner.first_only:
        return Plan(Values(own, None), Values(worth, None), table.following)
    # Whoever is after the intended goal itself gets the same as before, so only the proxies are left.
    after_proxy = dataclasses.replace(table, rewards=jnp.where(_best(worth)[1:], table.rewards[0], -jnp.inf))
    rest = _at_rest(lambda values: jnp.max(after_proxy.worth(values), axis=1), nothing[1:])
    intended = jnp.concatenate((own[:1], rest))
    for_intended = dataclasses.replace(table, rewards=table.rewards[:1])
    return Plan(Values(own, intended), Values(worth, for_intended.worth(intended)), table.following)


def best_actions(worth: Values) -> jax.Array:
    """Which actions are best for each goal, and among those for the intended one: bool[goals, actions]."""
    best = _best(worth.own)
    return best if worth.intended is None else _best(jnp.where(best, worth.intended, -jnp.inf))


def _best(worth: jax.Array) -> jax.Array:
    """Which actions, along axis 1, are as good as any: bool in the shape of ``worth``."""
    best = jnp.max(worth, axis=1, keepdims=True)
    return worth >= best - TIE * jnp.abs(best)


def _transitions(planner: Planner, level: Any, count: int) -> _Transitions:
    """What every action does in the ``count`` states of a level."""
    env = planner.env

    def outcome(action: jax.Array, number: jax.Array) -> _Transitions:
        state = env.numbered_state(number)
        following = materialized(env.advance(level, state, action))
        rewards = env.rewards(level, state, action, following)
        over = env.ended(level, following) | (planner.first_only & jnp.any(rewards != 0))
        keep = jnp.where(over, 0.0, planner.discount)
        return _Transitions(following=env.state_number(following), rewards=rewards, keep=keep)

    of_states = jax.vmap(outcome, (None, 0), -1)
    of_actions = jax.vmap(of_states, (0, None), _Transitions(0, 1, 0))  # type: ignore[arg-type]
    return of_actions(jnp.arange(env.num_actions), jnp.arange(count))


def _at_rest(improve: Callable[[jax.Array], jax.Array], values: jax.Array) -> jax.Array:
    """Improves values until nothing changes."""

    def again(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        better = improve(carry[0])
        return better, jnp.any(better != carry[0])

    return jax.lax.while_loop(lambda carry: carry[1], again, (values, jnp.bool_(True)))[0]
