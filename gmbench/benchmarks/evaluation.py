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
from gmbench.envs.environment import Environment
from gmbench.envs.levels import pool_size, take, where

Observe = Callable[[jax.Array, Any, Any], Any]
"""What a policy is shown instead of the environment's view: (index of the level, level, state); hashable."""
SLOTS = 64
"""Episodes of each policy that are played side by side, at most."""
BOUT = 4
"""Steps between two rounds of handing in finished episodes and beginning new ones."""


@struct.dataclass
class Episodes:
    """One episode per policy and level; [policies, levels] are the first axes of every array.

    An episode ends by itself, by the time limit, or, where only the first goal counts, with the step of
    the first event of any goal.

    Attributes:
        returns: float32[..., goals], what counts for the score, see `evaluate`.
        totals: float32[..., goals], plain sums of every goal's rewards.
        first: int32, the goal whose first event came first, the earlier in ``env.goals`` where several
            came in one step; -1 for none.
        length: int32, steps.
        terminated: bool, whether it ended by itself.
    """

    returns: jax.Array
    totals: jax.Array
    first: jax.Array
    length: jax.Array
    terminated: jax.Array


@struct.dataclass
class Running:
    """An episode under way, or one that is over.

    Attributes:
        state: of the environment.
        carry: of the policy.
        alive: bool, whether it goes on.
        episode: what there is of it.
    """

    state: Any
    carry: Any
    alive: jax.Array
    episode: Episodes


@struct.dataclass
class _Slots:
    """The slots of one policy, each with one episode, and what the policy has finished.

    Attributes:
        level: int32[slots], the levels that are played.
        running: the episodes on them, [slots, ...].
        begun: int32, levels below this one have been begun; once it is their number or more, all have.
        finished: `Episodes` of [levels, ...], `_no_episode` where none is handed in yet.
    """

    level: jax.Array
    running: Running
    begun: jax.Array
    finished: Episodes


@dataclasses.dataclass(frozen=True)
class Rules:
    """How episodes are played and counted."""

    env: Environment[Any, Any]
    first_only: bool
    discount: float
    observe: Observe | None


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
    rules = Rules(env, first_only, discount, observe)
    return jax.tree.map(np.asarray, play_episodes(rules, policies, levels, keys))


@functools.partial(jax.jit, static_argnums=0)
def play_episodes(rules: Rules, policies: Policy, levels: Any, keys: jax.Array) -> Episodes:
    """All episodes of `evaluate`, as JAX arrays.

    Each policy has a fixed number of slots. A slot plays one episode to its end and then takes the next
    level that has not been begun, so that long episodes hold up no others, and one program suits all pools
    of a size, however long the episodes are.
    """
    filled = jax.vmap(lambda policy, _: _fill(rules, levels, policy))(policies, keys)

    def bout(slots: _Slots) -> _Slots:
        return jax.vmap(functools.partial(_bout, rules, levels))(policies, keys, slots)

    def unfinished(slots: _Slots) -> jax.Array:
        return jnp.any(slots.running.alive)

    return jax.lax.while_loop(unfinished, bout, filled).finished


def _fill(rules: Rules, levels: Any, policy: Policy) -> _Slots:
    """The slots of one policy at the start of their first episodes."""
    count = pool_size(levels)
    level = jnp.arange(min(SLOTS, count))
    finished = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), _no_episode(rules))
    return _Slots(level, begin(rules, policy, levels, level), jnp.int32(len(level)), finished)


def _bout(rules: Rules, levels: Any, policy: Policy, key: jax.Array, slots: _Slots) -> _Slots:
    """Plays the slots of one policy for `BOUT` steps, takes in what is over, and begins new episodes."""

    def step(_: Any, running: Running) -> Running:
        return step_all(rules, policy, levels, slots.level, key, running)[0]

    count = pool_size(levels)
    running = jax.lax.fori_loop(0, BOUT, step, slots.running)
    over = ~running.alive
    # A slot for which no level is left hands in its last episode again and again, which changes nothing.
    place = jnp.where(over, slots.level, count)
    finished = jax.tree.map(
        lambda whole, part: whole.at[place].set(part, mode="drop"), slots.finished, running.episode
    )
    following = slots.begun + jnp.cumsum(over) - 1
    begins = over & (following < count)
    level = jnp.where(begins, following, slots.level)
    running = where(begins, begin(rules, policy, levels, level), running)
    return _Slots(level, running, slots.begun + jnp.sum(over), finished)


def begin(rules: Rules, policy: Policy, levels: Any, indices: jax.Array) -> Running:
    """The starts of one policy's episodes on the levels ``indices``, int32[n]."""

    def one(index: jax.Array) -> Running:
        state = rules.env.start(take(levels, index))
        return Running(state, policy.start(), jnp.bool_(True), _no_episode(rules))

    return jax.vmap(one)(indices)


def _no_episode(rules: Rules) -> Episodes:
    """An episode before its first step."""
    goals = jnp.zeros(len(rules.env.goals), jnp.float32)
    return Episodes(goals, goals, jnp.int32(-1), jnp.int32(0), jnp.bool_(False))


def step_all(
    rules: Rules, policy: Policy, levels: Any, indices: jax.Array, key: jax.Array, running: Running
) -> tuple[Running, jax.Array]:
    """`_step` in one policy's episodes on the levels ``indices``, int32[n]."""
    step = functools.partial(_step, rules, policy, levels)
    return jax.vmap(step, (0, None, 0))(indices, key, running)


def _step(
    rules: Rules, policy: Policy, levels: Any, index: jax.Array, key: jax.Array, running: Running
) -> tuple[Running, jax.Array]:
    """One step of one episode, or nothing where it is over; and the action that was chosen."""
    env, level, state = rules.env, take(levels, index), running.state
    seen = env.view(level, state) if rules.observe is None else rules.observe(index, level, state)
    step_key = jax.random.fold_in(jax.random.fold_in(key, index), running.episode.length)
    action, carry = policy.act(running.carry, seen, step_key)
    following = env.advance(level, state, action)
    rewards = env.rewards(level, state, action, following)
    ended = env.ended(level, following)
    episode = _count(rules, running.episode, rewards, ended)
    over = ended | ((episode.first >= 0) & rules.first_only) | (episode.length >= env.horizon(level))
    after = Running(following, carry, ~over, episode)
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
