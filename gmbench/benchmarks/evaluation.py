"""Evaluation: one finished episode of a policy on every level of a pool."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.episodes import Episodes, Rollouts
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import pool_size, take, where
from gmbench.envs.core.materialized import materialized

Observe = Callable[[jax.Array, Any, Any], Any]
"""What a policy is shown instead of the environment's view: (index of the level, level, state); hashable."""
SLOTS = 64
"""Episodes of each policy that are played side by side, at most."""
BOUT = 4
"""Steps between two rounds of handing in finished episodes and beginning new ones."""


@struct.dataclass
class Portion:
    """What is played of a pool, and how far.

    Attributes:
        first: int32, the first level.
        stop: int32, the level after the last.
        first_only: bool, whether episodes stop with the step of the first event of any goal.
    """

    first: jax.Array | np.int32
    stop: jax.Array | np.int32
    first_only: jax.Array | np.bool_


@struct.dataclass
class Running:
    """An episode under way, or one that is over.

    Attributes:
        state: of the environment.
        carry: of the policy.
        alive: bool, whether it goes on.
        row: of `Episodes`, what there is of it.
    """

    state: Any
    carry: Any
    alive: jax.Array
    row: jax.Array


@struct.dataclass
class _Slots:
    """The slots of one policy, each with one episode, and what the policy has finished.

    Attributes:
        level: int32[slots], the levels that are played.
        running: the episodes on them, [slots, ...].
        begun: int32, levels below this one have been begun; once it is the last or more, all have.
        played: what is done so far; `_nothing` where no episode is handed in yet.
    """

    level: jax.Array
    running: Running
    begun: jax.Array
    played: Rollouts


@dataclasses.dataclass(frozen=True)
class Rules:
    """How episodes are played and counted."""

    env: Environment[Any, Any]
    discount: float
    observe: Observe | None = None


def evaluate(
    env: Environment[Any, Any],
    policies: Policy,
    levels: Any,
    keys: jax.Array,
    *,
    first_only: bool,
    discount: float,
    observe: Observe | None = None,
) -> Episodes:
    """Plays one episode per policy and level, each to its end: NumPy arrays, [policies, levels, ...].

    Args:
        env: the environment.
        policies: what acts, stacked on axis 0.
        levels: a pool.
        keys: one per policy, for its draws. Level k of a pool gets the same stream whatever the pool
            holds beside.
        first_only: whether every goal's return stops with the step of the first event of any goal.
        discount: of the returns, per step; the first step counts fully.
        observe: what the policies are shown, if not the environment's view.
    """
    rules, portion = Rules(env, discount, observe), whole(levels, first_only)
    return jax.tree.map(np.asarray, play_episodes(rules, 0, levels, portion, policies, keys).episodes)


def whole(levels: Any, first_only: bool) -> Portion:
    """All levels of a pool."""
    return Portion(np.int32(0), np.int32(pool_size(levels)), np.bool_(first_only))


@functools.partial(jax.jit, static_argnums=(0, 1))
def play_episodes(
    rules: Rules, kept: int, levels: Any, portion: Portion, policies: Policy, keys: jax.Array
) -> Rollouts:
    """The episodes of `evaluate` on a portion of the levels, as JAX arrays.

    Each policy has a fixed number of slots. A slot plays one episode to its end and then takes the next
    level that has not been begun, so that long episodes hold up no others, and one program suits all pools
    of a size, however long the episodes are.

    Args:
        rules: how episodes are played and counted.
        kept: levels of the portion, its first, of which the actions are kept.
        levels: a pool.
        portion: what is played of it.
        policies: see `evaluate`, and so for the keys.
        keys: one per policy.
    """
    filled = jax.vmap(lambda policy, _: _fill(rules, kept, levels, portion, policy))(policies, keys)

    def bout(slots: _Slots) -> _Slots:
        return jax.vmap(functools.partial(_bout, rules, levels, portion))(policies, keys, slots)

    def unfinished(slots: _Slots) -> jax.Array:
        return jnp.any(slots.running.alive)

    return jax.lax.while_loop(unfinished, bout, filled).played


def _fill(rules: Rules, kept: int, levels: Any, portion: Portion, policy: Policy) -> _Slots:
    """The slots of one policy at the start of their first episodes."""
    count = pool_size(levels)
    level = portion.first + jnp.arange(min(SLOTS, count))
    running = _begin(rules, policy, levels, level)
    running = dataclasses.replace(running, alive=level < portion.stop)
    nothing = _nothing(rules)
    played = Rollouts(
        jnp.broadcast_to(nothing, (count, len(nothing))), jnp.zeros((kept, rules.env.time_limit), jnp.uint8)
    )
    return _Slots(level, running, jnp.asarray(portion.first + len(level)), played)


def _bout(
    rules: Rules, levels: Any, portion: Portion, policy: Policy, key: jax.Array, slots: _Slots
) -> _Slots:
    """Plays the slots of one policy for `BOUT` steps, takes in what is over, and begins new episodes."""
    one = functools.partial(_step, rules, levels, portion.first_only, policy, key)

    def step(running: Running, _: None) -> tuple[Running, jax.Array]:
        return jax.vmap(one)(slots.level, running)

    running, actions = jax.lax.scan(step, slots.running, length=BOUT)
    over = ~running.alive
    played = _take_in(slots, portion.first, running.row, over, actions)
    ranks = jnp.cumsum(over)
    following = slots.begun + ranks - 1
    begins = over & (following < portion.stop)
    level = jnp.where(begins, following, slots.level)
    running = where(begins, _begin(rules, policy, levels, level), running)
    return _Slots(level, running, slots.begun + ranks[-1], played)


def _take_in(
    slots: _Slots, first: jax.Array | np.int32, rows: jax.Array, over: jax.Array, actions: jax.Array
) -> Rollouts:
    """What one policy has done after a bout, for the slots that are over, and its actions: [BOUT, slots]."""
    played, time = slots.played, Episodes.of(slots.running.row).length
    # A slot for which no level is left hands in its last episode again and again, which changes nothing.
    place = jnp.where(over, slots.level, len(played.rows))
    steps = time + jnp.arange(BOUT)[:, None]
    return Rollouts(
        rows=played.rows.at[place].set(rows, mode="drop"),
        actions=played.actions.at[slots.level - first, steps].set(actions.astype(jnp.uint8), mode="drop"),
    )


def _begin(rules: Rules, policy: Policy, levels: Any, indices: jax.Array) -> Running:
    """The starts of one policy's episodes on the levels ``indices``, int32[n]."""

    def one(index: jax.Array) -> Running:
        state = rules.env.start(take(levels, index))
        return Running(state, policy.start(), jnp.bool_(True), _nothing(rules))

    return jax.vmap(one)(indices)


def _nothing(rules: Rules) -> jax.Array:
    """The row of an episode before its first step."""
    goals = jnp.zeros(len(rules.env.goals), jnp.float32)
    return Episodes(goals, goals, jnp.int32(-1), jnp.int32(0), jnp.bool_(False)).rows()


def _step(
    rules: Rules,
    levels: Any,
    first_only: jax.Array | np.bool_,
    policy: Policy,
    key: jax.Array,
    index: jax.Array,
    running: Running,
) -> tuple[Running, jax.Array]:
    """One step of one episode, or nothing where it is over; and the action that was chosen."""
    env, level, state, before = rules.env, take(levels, index), running.state, Episodes.of(running.row)
    seen = env.view(level, state) if rules.observe is None else rules.observe(index, level, state)
    step_key = jax.random.fold_in(jax.random.fold_in(key, index), before.length)
    action, carry = policy.act(running.carry, seen, step_key)
    following = materialized(env.advance(level, state, action))
    rewards = env.rewards(level, state, action, following)
    ended = materialized(env.ended(level, following))
    episode = _count(rules, before, rewards, ended)
    over = ended | ((episode.first >= 0) & first_only) | (episode.length >= env.horizon(level))
    after = Running(following, carry, ~over, episode.rows())
    return where(running.alive, after, running), action


def _count(rules: Rules, episode: Episodes, rewards: jax.Array, ended: jax.Array) -> Episodes:
    """Adds one step to an episode."""
    events = rewards != 0
    first = jnp.where(jnp.any(events), jnp.argmax(events), -1)
    return Episodes(
        returns=episode.returns + jnp.float32(rules.discount) ** episode.length * rewards,
        totals=episode.totals + rewards,
        first=jnp.where(episode.first < 0, first, episode.first),
        length=episode.length + 1,
        terminated=ended,
    )
