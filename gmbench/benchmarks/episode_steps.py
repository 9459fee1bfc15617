"""Steps of episodes: how a policy begins an episode, takes one step in it, and what counts as its result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.episodes import Episodes
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import take, where
from gmbench.envs.core.materialized import materialized

Observe = Callable[[jax.Array, Any, Any], Any]
"""A function that makes observations in place of the environment: (index of the level, level, state) ->
observation. It must be hashable."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """How episodes are played and scored.

    Attributes:
        env: the environment.
        discount: discount of returns per step. The reward of the first step is not discounted.
        observe: what makes the observations of the policies; None for the environment.
    """

    env: Environment[Any, Any]
    discount: float
    observe: Observe | None = None


@struct.dataclass
class RunningEpisode:
    """An episode that is being played, or one that is over.

    Attributes:
        state: state of the environment.
        carry: carry of the policy.
        alive: bool, whether the episode goes on.
        row: result so far, as `Episodes.rows`.
    """

    state: Any
    carry: Any
    alive: jax.Array
    row: jax.Array


def begin_episodes(rules: Rules, policy: Policy, levels: Any, indices: jax.Array) -> RunningEpisode:
    """Begins an episode of one policy on each of the levels ``indices``, int32[n]."""

    def one(index: jax.Array) -> RunningEpisode:
        state = rules.env.start(take(levels, index))
        return RunningEpisode(state, policy.start(), jnp.bool_(True), empty_row(rules))

    return jax.vmap(one)(indices)


def empty_row(rules: Rules) -> jax.Array:
    """Returns the result of an episode without steps, as `Episodes.rows`."""
    goals = jnp.zeros(len(rules.env.goals), jnp.float32)
    return Episodes(goals, goals, jnp.int32(-1), jnp.int32(0), jnp.bool_(False)).rows()


def step_episode(
    rules: Rules,
    levels: Any,
    first_only: jax.Array | np.bool_,
    policy: Policy,
    key: jax.Array,
    index: jax.Array,
    running: RunningEpisode,
) -> tuple[RunningEpisode, jax.Array]:
    """Plays one step of one episode. An episode that is over does not change.

    Args:
        rules: how episodes are played and scored.
        levels: a pool of levels.
        first_only: bool, whether an episode ends with the step of the first event of any goal.
        policy: the policy.
        key: random key of the policy. The policy's draws depend on this key, the level's index and the time.
        index: int32, index of the level in the pool.
        running: the episode before the step.

    Returns:
        The episode after the step, and the action, int32.
    """
    env, level, state, before = rules.env, take(levels, index), running.state, Episodes.of(running.row)
    seen = env.view(level, state) if rules.observe is None else rules.observe(index, level, state)
    step_key = jax.random.fold_in(jax.random.fold_in(key, index), before.length)
    chosen, carry = policy.act(running.carry, seen, step_key)
    action = jnp.asarray(chosen, jnp.int32)
    following = materialized(env.advance(level, state, action))
    rewards = env.rewards(level, state, action, following)
    ended = materialized(env.ended(level, following))
    episode = _add_step(rules, before, rewards, ended)
    over = ended | ((episode.first >= 0) & first_only) | (episode.length >= env.horizon(level))
    after = RunningEpisode(following, carry, ~over, episode.rows())
    return where(running.alive, after, running), action


def _add_step(rules: Rules, episode: Episodes, rewards: jax.Array, ended: jax.Array) -> Episodes:
    """Adds the rewards of one step, float32[goals], to the result of an episode."""
    events = rewards != 0
    first = jnp.where(jnp.any(events), jnp.argmax(events), -1)
    return Episodes(
        returns=episode.returns + jnp.float32(rules.discount) ** episode.length * rewards,
        totals=episode.totals + rewards,
        first=jnp.where(episode.first < 0, first, episode.first),
        length=episode.length + 1,
        terminated=ended,
    )
