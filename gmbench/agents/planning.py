"""Exact planning: the optimal policy of every candidate goal on one level, by value iteration.

A plan covers every state of a level, so the environment must number its states, see
`gmbench.envs.core.environment.Environment.state_count`. Optimal policies serve as references for scores, and
action values serve goal inference.
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
"""Planning discount per step. Below 1, so that the nearest of equal rewards is best and no plan loops."""
TIE = 1e-5
"""Two actions are equally good if their values differ by less than this fraction of the best value. It is far
above rounding errors and far below the cost of a delay by one step."""
MOST_STATES = 1 << 20
"""Largest number of states of a level that is planned. Its plan takes seconds and a tenth of a gigabyte."""


@dataclasses.dataclass(frozen=True)
class Planner:
    """What plans are made for.

    Attributes:
        env: an environment that numbers its states.
        first_only: whether every goal's return stops with the first event of any goal. If not, the policy
            that is optimal for a proxy also collects as much of the intended goal as it can without loss to
            the proxy.
        discount: discount per step, below 1. The first reward is not discounted:
            V(s) = max_a r + discount * V(s').
    """

    env: Environment[Any, Any]
    first_only: bool
    discount: float = DISCOUNT


@struct.dataclass
class Values:
    """Expected discounted returns of the optimal policy of every goal.

    Attributes:
        own: float32[goals, ...], return on each goal of the policy that is optimal for this goal.
        intended: float32[goals, ...], return of the same policies on the intended goal: the highest return
            that is possible without loss to their own goal. None if only the first event counts, because the
            episode is then over once a policy has reached its own goal.
    """

    own: jax.Array
    intended: jax.Array | None


@struct.dataclass
class Plan:
    """The optimal policies of all goals on one level, from each of its numbered states.

    Attributes:
        state_values: values of the states, with arrays [goals, states].
        action_values: values of the actions in the states, with arrays [goals, actions, states].
        next_states: int32[actions, states], number of the state that follows. Meaningless if the episode is
            over.
    """

    state_values: Values
    action_values: Values
    next_states: jax.Array

    def at(self, numbers: jax.Array) -> Values:
        """Returns the action values in the states with these numbers: [goals, actions, *numbers]."""
        return jax.tree.map(lambda leaf: leaf[..., numbers], self.action_values)


@struct.dataclass
class _Transitions:
    """The outcome of every action in every numbered state.

    Attributes:
        next_states: int32[actions, states], number of the next state. Meaningless where ``keep`` is 0.
        rewards: float32[goals, actions, states], reward on every goal.
        keep: float32[actions, states], factor of the next state's value: the discount, or 0 if the episode is
            over.
    """

    next_states: jax.Array
    rewards: jax.Array
    keep: jax.Array

    def action_values(self, state_values: jax.Array) -> jax.Array:
        """Computes action values, float32[goals, actions, states], from state values, [goals, states]."""
        return self.rewards + self.keep * state_values[:, self.next_states]


@functools.partial(jax.jit, static_argnums=0)
def make_plan(planner: Planner, level: Any) -> Plan:
    """Plans one level for all goals.

    Raises:
        ValueError: if the level has more than `MOST_STATES` states.
    """
    count = planner.env.state_count(level)
    if count > MOST_STATES:
        raise ValueError(f"a level of {count:,} states is too large to be planned ({MOST_STATES:,} at most)")
    table = _transitions(planner, level, count)
    lowest = _lower_bounds(planner, table)
    own = _fixed_point(lambda values: jnp.max(table.action_values(values), axis=1), lowest)
    own_actions = table.action_values(own)
    if planner.first_only:
        return Plan(Values(own, None), Values(own_actions, None), table.next_states)
    # For the intended goal itself both returns are the same, so only those of the proxies are computed:
    # rewards of the intended goal, with the choice limited to the actions that are best for the proxy.
    allowed = dataclasses.replace(
        table, rewards=jnp.where(_is_best(own_actions)[1:], table.rewards[0], -jnp.inf)
    )
    start = jnp.broadcast_to(lowest[:1], lowest[1:].shape)
    of_proxies = _fixed_point(lambda values: jnp.max(allowed.action_values(values), axis=1), start)
    intended = jnp.concatenate((own[:1], of_proxies))
    for_intended = dataclasses.replace(table, rewards=table.rewards[:1])
    action_values = Values(own_actions, for_intended.action_values(intended))
    return Plan(Values(own, intended), action_values, table.next_states)


def best_actions(action_values: Values) -> jax.Array:
    """Marks the best actions for each goal: bool[goals, actions, ...].

    Among the actions that are best for a proxy, only those that are best for the intended goal are marked.
    """
    best = _is_best(action_values.own)
    if action_values.intended is None:
        return best
    return _is_best(jnp.where(best, action_values.intended, -jnp.inf))


def _is_best(values: jax.Array) -> jax.Array:
    """Marks the actions, along axis 1, that are as good as the best one: bool, shaped like ``values``."""
    best = jnp.max(values, axis=1, keepdims=True)
    return values >= best - TIE * jnp.abs(best)


def _transitions(planner: Planner, level: Any, count: int) -> _Transitions:
    """Computes the outcome of every action in the ``count`` states of a level."""
    env = planner.env

    def outcome(action: jax.Array, number: jax.Array) -> _Transitions:
        state = env.numbered_state(number)
        following = materialized(env.advance(level, state, action))
        rewards = env.rewards(level, state, action, following)
        over = env.ended(level, following) | (planner.first_only & jnp.any(rewards != 0))
        keep = jnp.where(over, 0.0, planner.discount)
        return _Transitions(next_states=env.state_number(following), rewards=rewards, keep=keep)

    of_states = jax.vmap(outcome, (None, 0), -1)
    of_actions = jax.vmap(of_states, (0, None), _Transitions(0, 1, 0))  # type: ignore[arg-type]
    return of_actions(jnp.arange(env.num_actions), jnp.arange(count))


def _lower_bounds(planner: Planner, table: _Transitions) -> jax.Array:
    """Returns values that no policy falls below: float32[goals, states], 0 for a goal without costs.

    They are twice the value of paying the highest cost for ever, so that the first improvement raises every
    value by at least this cost, whatever the rounding.
    """
    costs = jnp.minimum(jnp.min(table.rewards, axis=(1, 2)), 0.0)
    bounds = 2.0 * costs / (1.0 - planner.discount)
    return jnp.broadcast_to(bounds[:, None], (len(bounds), table.rewards.shape[-1]))


def _fixed_point(improve: Callable[[jax.Array], jax.Array], values: jax.Array) -> jax.Array:
    """Improves values again and again until nothing changes.

    The values must be lower bounds. An improvement is monotone, in floating point too, so values only grow
    from there, and must reach a fixed point. From values above it, a cycle with costs could oscillate in the
    last digit for ever.
    """

    def again(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        better = improve(carry[0])
        return better, jnp.any(better != carry[0])

    return jax.lax.while_loop(lambda carry: carry[1], again, (values, jnp.bool_(True)))[0]
