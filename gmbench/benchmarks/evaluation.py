"""Evaluation: one finished episode of a policy on every level of a pool."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.algorithm import Policy
from gmbench.envs.environment import Environment
from gmbench.envs.levels import pool_size, take


@struct.dataclass
class Episodes:
    """One episode per level: every array has the levels as its last axis but ``goals``.

    Attributes:
        returns: float32[levels, goals], what counts for the score, see `evaluate`.
        totals: float32[levels, goals], plain sums of every goal's rewards over the whole episode.
        first: int32[levels], the goal whose first event came first, the earlier in ``env.goals`` where
            several came in one step; -1 for none.
        first_step: int32[levels], the step with which that was, counted from 1; 0 for none.
        length: int32[levels], steps.
        terminated: bool[levels]; False where the time limit ended the episode.
    """

    returns: jax.Array
    totals: jax.Array
    first: jax.Array
    first_step: jax.Array
    length: jax.Array
    terminated: jax.Array


@struct.dataclass
class _Running:
    state: Any
    carry: Any
    alive: jax.Array
    episode: Episodes


@functools.partial(jax.jit, static_argnums=(0,), static_argnames=("first_only", "discount", "observe"))
def evaluate(
    env: Environment[Any, Any],
    policy: Policy,
    levels: Any,
    key: jax.Array,
    *,
    first_only: bool,
    discount: float,
    observe: Callable[[jax.Array, Any, Any], Any] | None = None,
) -> Episodes:
    """Plays one episode per level, to its end or to the time limit, none cut off.

    Args:
        env: the environment.
        policy: acts; may be one row of a vmapped batch.
        levels: a pool.
        key: for the policy's draws. Level k of a pool gets the same stream whatever the pool holds beside.
        first_only: whether every goal's return stops with the step of the first event of any goal.
        discount: of the returns, per step; the first step counts fully.
        observe: what the policy is shown instead of the environment's view: a hashable function of
            (index of the level, level, state), for reference policies that know the state.
    """
    indices = jnp.arange(pool_size(levels))
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, indices)
    play = _Play(env, policy, first_only, discount, observe)

    def all_step(carry: tuple[jax.Array, _Running]) -> tuple[jax.Array, _Running]:
        time, running = carry
        return time + 1, jax.vmap(play.step, (None, None, 0, 0, 0))(time, levels, indices, keys, running)

    def unfinished(carry: tuple[jax.Array, _Running]) -> jax.Array:
        return (carry[0] < env.time_limit) & jnp.any(carry[1].alive)

    start = (jnp.int32(0), jax.vmap(play.begin, (None, 0))(levels, indices))
    return jax.lax.while_loop(unfinished, all_step, start)[1].episode


@functools.partial(jax.jit, static_argnums=(0,), static_argnames=("steps", "observe"))
def replay(
    env: Environment[Any, Any],
    policy: Policy,
    levels: Any,
    index: jax.Array,
    key: jax.Array,
    *,
    steps: int,
    observe: Callable[[jax.Array, Any, Any], Any] | None = None,
) -> Any:
    """The states of the very episode that `evaluate` plays with the same key on level ``index``.

    Returns:
        States, stacked on axis 0, ``steps + 1`` of them; those after the end repeat the last one.
    """
    play = _Play(env, policy, first_only=False, discount=1.0, observe=observe)
    key = jax.random.fold_in(key, index)

    def step(running: _Running, time: jax.Array) -> tuple[_Running, Any]:
        after = play.step(time, levels, index, key, running)
        return after, after.state

    start = play.begin(levels, index)
    states = jax.lax.scan(step, start, jnp.arange(steps))[1]
    return jax.tree.map(lambda first, rest: jnp.concatenate((first[None], rest)), start.state, states)


@dataclasses.dataclass(frozen=True)
class _Play:
    """How one episode begins and goes on."""

    env: Environment[Any, Any]
    policy: Policy
    first_only: bool
    discount: float
    observe: Callable[[jax.Array, Any, Any], Any] | None

    def begin(self, levels: Any, index: jax.Array) -> _Running:
        goals = jnp.zeros(len(self.env.goals), jnp.float32)
        episode = Episodes(goals, goals, jnp.int32(-1), jnp.int32(0), jnp.int32(0), jnp.bool_(False))
        state = self.env.start(take(levels, index))
        return _Running(state, self.policy.start(), jnp.bool_(True), episode)

    def step(
        self, time: jax.Array, levels: Any, index: jax.Array, key: jax.Array, running: _Running
    ) -> _Running:
        """One step, or nothing where the episode is over."""
        level, state = take(levels, index), running.state
        if self.observe is None:
            observation = self.env.view(level, state)
        else:
            observation = self.observe(index, level, state)
        action, carry = self.policy.act(running.carry, observation, jax.random.fold_in(key, time))
        following = self.env.advance(level, state, action)
        rewards = self.env.rewards(level, state, action, following)
        ended = self.env.ended(level, following)
        episode = self.count(running.episode, rewards, ended)
        after = _Running(following, carry, ~ended, episode)
        return jax.tree.map(lambda new, old: jnp.where(running.alive, new, old), after, running)

    def count(self, episode: Episodes, rewards: jax.Array, ended: jax.Array) -> Episodes:
        """Adds one step to an episode."""
        events = rewards != 0
        first = jnp.where(jnp.any(events), jnp.argmax(events), -1)
        counts = (episode.first < 0) | (not self.first_only)
        weight = jnp.float32(self.discount) ** episode.length
        return Episodes(
            returns=episode.returns + jnp.where(counts, weight, 0.0) * rewards,
            totals=episode.totals + rewards,
            first=jnp.where(episode.first < 0, first, episode.first),
            first_step=jnp.where((episode.first < 0) & (first >= 0), episode.length + 1, episode.first_step),
            length=episode.length + 1,
            terminated=ended,
        )
