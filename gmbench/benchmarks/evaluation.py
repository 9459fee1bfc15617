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
from gmbench.envs.levels import pool_size, take

Observe = Callable[[jax.Array, Any, Any], Any]
"""What a policy is shown instead of the environment's view: (index of the level, level, state); hashable."""
SPRINT = 64
"""Steps that all episodes are played for together. Those that go on are then played by themselves: a few
that run to the time limit would otherwise hold up all the others."""

FEWEST = 64
"""Episodes of each policy that are then played side by side, at least."""


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
class _Running:
    state: Any
    carry: Any
    alive: jax.Array
    episode: Episodes


@dataclasses.dataclass(frozen=True)
class _Rules:
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
    rules = _Rules(env, first_only, discount, observe)
    indices = np.tile(np.arange(pool_size(levels)), (len(keys), 1))
    running = _begin(rules, policies, levels, indices)
    running = _play(rules, policies, levels, indices, keys, running, 0, min(SPRINT, env.time_limit))
    episodes = jax.tree.map(np.array, running.episode)
    alive = np.asarray(running.alive)
    left = int(alive.sum(axis=1).max())
    if left and env.time_limit > SPRINT:
        # As many of each policy, in a number that seldom changes, since each compiles a program of its own.
        count = min(max(FEWEST, 1 << (left - 1).bit_length()), alive.shape[1])
        rows = np.arange(len(alive))[:, None]
        slower = np.argsort(~alive, axis=1, kind="stable")[:, :count]
        part = jax.tree.map(lambda leaf: leaf[rows, slower], running)
        part = _play(rules, policies, levels, slower, keys, part, SPRINT, env.time_limit)
        for whole, later in zip(jax.tree.leaves(episodes), jax.tree.leaves(part.episode), strict=True):
            whole[rows, slower] = later
    return episodes


@functools.partial(jax.jit, static_argnums=0)
def _begin(rules: _Rules, policies: Policy, levels: Any, indices: jax.Array) -> _Running:
    """The starts of episodes on the levels ``indices``, int32[policies, n]."""

    def one(policy: Policy, index: jax.Array) -> _Running:
        goals = jnp.zeros(len(rules.env.goals), jnp.float32)
        episode = Episodes(goals, goals, jnp.int32(-1), jnp.int32(0), jnp.bool_(False))
        state = rules.env.start(take(levels, index))
        return _Running(state, policy.start(), jnp.bool_(True), episode)

    return jax.vmap(jax.vmap(one, (None, 0)))(policies, indices)


@functools.partial(jax.jit, static_argnums=0)
def _play(
    rules: _Rules,
    policies: Policy,
    levels: Any,
    indices: jax.Array,
    keys: jax.Array,
    running: _Running,
    start: jax.Array,
    stop: jax.Array,
) -> _Running:
    """Plays episodes on from step ``start``, until all have ended or step ``stop``."""
    all_policies = _all_episodes(rules, policies, levels, indices, keys)

    def step(carry: tuple[jax.Array, _Running]) -> tuple[jax.Array, _Running]:
        time, running = carry
        return time + 1, all_policies(running, time)[0]

    def unfinished(carry: tuple[jax.Array, _Running]) -> jax.Array:
        return (carry[0] < stop) & jnp.any(carry[1].alive)

    return jax.lax.while_loop(unfinished, step, (jnp.asarray(start, jnp.int32), running))[1]


def _all_episodes(
    rules: _Rules, policies: Policy, levels: Any, indices: jax.Array, keys: jax.Array
) -> Callable[[_Running, jax.Array], tuple[_Running, jax.Array]]:
    """A function of all episodes and the time that makes `_step` in each."""

    def one(policy: Policy, key: jax.Array, index: jax.Array, running: _Running, time: Any) -> Any:
        return _step(rules, policy, levels, index, key, time, running)

    all_levels = jax.vmap(one, (None, None, 0, 0, None))
    all_policies = jax.vmap(all_levels, (0, 0, 0, 0, None))
    return lambda running, time: all_policies(policies, keys, indices, running, time)


def _step(
    rules: _Rules,
    policy: Policy,
    levels: Any,
    index: jax.Array,
    key: jax.Array,
    time: jax.Array,
    running: _Running,
) -> tuple[_Running, jax.Array]:
    """One step of one episode, or nothing where it is over; and the action that was chosen."""
    env, level, state = rules.env, take(levels, index), running.state
    seen = env.view(level, state) if rules.observe is None else rules.observe(index, level, state)
    step_key = jax.random.fold_in(jax.random.fold_in(key, index), time)
    action, carry = policy.act(running.carry, seen, step_key)
    following = env.advance(level, state, action)
    rewards = env.rewards(level, state, action, following)
    ended = env.ended(level, following)
    episode = _count(rules, running.episode, rewards, ended)
    over = ended | ((episode.first >= 0) & rules.first_only)
    after = _Running(following, carry, ~over, episode)
    return jax.tree.map(lambda new, old: jnp.where(running.alive, new, old), after, running), action


def _count(rules: _Rules, episode: Episodes, rewards: jax.Array, ended: jax.Array) -> Episodes:
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


@struct.dataclass
class Trajectories:
    """What was done in episodes, [policies, levels, ...]; entries after an episode's end mean nothing.

    Attributes:
        states: int32[..., time limit], numbers of the states that were acted in.
        actions: int32[..., time limit].
        length: int32, steps.
    """

    states: jax.Array
    actions: jax.Array
    length: jax.Array


@functools.partial(jax.jit, static_argnums=0, static_argnames=("first_only", "observe"))
def record(
    env: Environment[Any, Any],
    policies: Policy,
    levels: Any,
    keys: jax.Array,
    *,
    first_only: bool,
    observe: Observe | None = None,
) -> Trajectories:
    """The very episodes that `evaluate` plays with the same arguments, step by step.

    Args:
        env: an environment that numbers its states.
        policies: see `evaluate`.
        levels: see `evaluate`.
        keys: see `evaluate`.
        first_only: see `evaluate`.
        observe: see `evaluate`.
    """
    rules = _Rules(env, first_only, discount=1.0, observe=observe)
    indices = jnp.tile(jnp.arange(pool_size(levels)), (len(keys), 1))
    all_episodes = _all_episodes(rules, policies, levels, indices, keys)

    def step(running: _Running, time: jax.Array) -> tuple[_Running, tuple[jax.Array, jax.Array]]:
        numbers = env.state_number(running.state)
        after, actions = all_episodes(running, time)
        return after, (numbers, actions)

    start = _begin(rules, policies, levels, indices)
    last, recorded = jax.lax.scan(step, start, jnp.arange(env.time_limit))
    states, actions = (jnp.moveaxis(steps, 0, -1) for steps in recorded)
    return Trajectories(states=states, actions=actions, length=last.episode.length)


@functools.partial(jax.jit, static_argnums=0, static_argnames=("steps", "observe"))
def replay(
    env: Environment[Any, Any],
    policy: Policy,
    levels: Any,
    index: jax.Array,
    key: jax.Array,
    *,
    steps: int,
    observe: Observe | None = None,
) -> Any:
    """The states of the very episode that `evaluate` plays for one policy and its key on level ``index``.

    It goes on after the first goal, to the end of the environment's own episode.

    Returns:
        States, stacked on axis 0, ``steps + 1`` of them; those after the end repeat the last one.
    """
    rules = _Rules(env, first_only=False, discount=1.0, observe=observe)
    start = jax.tree.map(
        lambda leaf: leaf[0, 0],
        _begin(rules, jax.tree.map(lambda leaf: leaf[None], policy), levels, jnp.reshape(index, (1, 1))),
    )

    def step(running: _Running, time: jax.Array) -> tuple[_Running, Any]:
        after, _ = _step(rules, policy, levels, index, key, time, running)
        return after, after.state

    states = jax.lax.scan(step, start, jnp.arange(steps))[1]
    return jax.tree.map(lambda first, rest: jnp.concatenate((first[None], rest)), start.state, states)
