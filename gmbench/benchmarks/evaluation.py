"""Evaluation: every policy plays one complete episode on every level of a pool.

Episodes differ in length. Each policy therefore has a fixed number of slots. A slot plays one episode to its
end and then takes the next level that has not been begun, so that long episodes do not hold up the others.
One compiled program serves all pools of the same size, however long the episodes are.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.episode_steps import (
    Observe,
    Rules,
    RunningEpisode,
    begin_episodes,
    empty_row,
    step_episode,
)
from gmbench.benchmarks.episodes import Episodes, Rollouts
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import pool_size, where
from gmbench.errors import UsageError

SLOTS = 64
"""Largest number of episodes that each policy plays at the same time."""
ROUND = 4
"""Steps of a round. Between two rounds, slots store their finished episodes and begin new ones."""


@struct.dataclass
class Portion:
    """The part of a pool of levels that is played.

    Attributes:
        first: int32, index of the first level.
        stop: int32, index after the last level.
        first_only: bool, whether an episode ends with the step of the first event of any goal.
    """

    first: jax.Array | np.int32
    stop: jax.Array | np.int32
    first_only: jax.Array | np.bool_


@struct.dataclass
class _Slots:
    """The slots of one policy, each with one episode, and the results of its finished episodes.

    Attributes:
        level: int32[slots], index of the level that each slot plays.
        running: the episode in each slot, [slots, ...].
        begun: int32, all levels below this index have been begun.
        finished: results of the finished episodes; those of episodes without steps for all other levels.
    """

    level: jax.Array
    running: RunningEpisode
    begun: jax.Array
    finished: Rollouts


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
    """Plays one complete episode per policy and level. Returns NumPy arrays, [policies, levels, ...].

    Args:
        env: the environment.
        policies: the policies, stacked on axis 0.
        levels: a pool of levels.
        keys: random keys, one per policy. The draws on level k of a pool do not depend on the other levels.
        first_only: whether an episode ends with the step of the first event of any goal.
        discount: discount of returns per step. The reward of the first step is not discounted.
        observe: what makes the observations of the policies; None for the environment.

    Raises:
        UsageError: a policy chose a number that is no action.
    """
    rules, portion = Rules(env, discount, observe), all_levels(levels, first_only)
    played = play_episodes(rules, 0, levels, portion, policies, keys)
    check_actions(env, played)
    return jax.tree.map(np.asarray, played.episodes)


def check_actions(env: Environment[Any, Any], played: Rollouts) -> None:
    """Checks that policies chose nothing but actions of the environment, which takes any other for one.

    Args:
        env: the environment.
        played: their episodes, with any leading axes.

    Raises:
        UsageError: a policy chose another number.
    """
    least, largest = np.min(played.extremes), np.max(played.extremes)
    if least < 0 or largest >= env.num_actions:
        raise UsageError(
            f"a policy chose the action {least if least < 0 else largest}, and the actions of {env.name} are "
            f"0 to {env.num_actions - 1}; mend its method act"
        )


def all_levels(levels: Any, first_only: bool) -> Portion:
    """Returns the portion of a pool that has all its levels."""
    return Portion(np.int32(0), np.int32(pool_size(levels)), np.bool_(first_only))


@functools.partial(jax.jit, static_argnums=(0, 1))
def play_episodes(
    rules: Rules, recorded: int, levels: Any, portion: Portion, policies: Policy, keys: jax.Array
) -> Rollouts:
    """Plays the episodes of `evaluate` on a portion of a pool. Returns JAX arrays, [policies, levels, ...].

    Args:
        rules: how episodes are played and scored.
        recorded: number of levels, from the first of the portion on, whose actions are returned.
        levels: a pool of levels.
        portion: the part of the pool that is played.
        policies: the policies, stacked on axis 0.
        keys: random keys, one per policy, see `evaluate`.
    """
    filled = jax.vmap(lambda policy, _: _fill(rules, recorded, levels, portion, policy))(policies, keys)

    def play_round(slots: _Slots) -> _Slots:
        return jax.vmap(functools.partial(_play_round, rules, levels, portion))(policies, keys, slots)

    def unfinished(slots: _Slots) -> jax.Array:
        return jnp.any(slots.running.alive)

    return jax.lax.while_loop(unfinished, play_round, filled).finished


def _fill(rules: Rules, recorded: int, levels: Any, portion: Portion, policy: Policy) -> _Slots:
    """Fills the slots of one policy with its first episodes."""
    count = pool_size(levels)
    level = portion.first + jnp.arange(min(SLOTS, count))
    running = begin_episodes(rules, policy, levels, level)
    running = dataclasses.replace(running, alive=level < portion.stop)
    empty = empty_row(rules)
    finished = Rollouts(
        jnp.broadcast_to(empty, (count, len(empty))),
        jnp.zeros((recorded, rules.env.time_limit), jnp.uint8),
        jnp.zeros(2, jnp.int32),
    )
    return _Slots(level, running, jnp.asarray(portion.first + len(level)), finished)


def _play_round(
    rules: Rules, levels: Any, portion: Portion, policy: Policy, key: jax.Array, slots: _Slots
) -> _Slots:
    """Plays `ROUND` steps in the slots of one policy, stores finished episodes, and begins new ones."""
    one = functools.partial(step_episode, rules, levels, portion.first_only, policy, key)

    def step(running: RunningEpisode, _: None) -> tuple[RunningEpisode, tuple[jax.Array, jax.Array]]:
        after, action = jax.vmap(one)(slots.level, running)
        return after, (action, running.alive)

    running, (actions, alive) = jax.lax.scan(step, slots.running, length=ROUND)
    over = ~running.alive
    finished = _store(slots, portion.first, running.row, over, actions, alive)
    ranks = jnp.cumsum(over)
    following = slots.begun + ranks - 1
    begins = over & (following < portion.stop)
    level = jnp.where(begins, following, slots.level)
    running = where(begins, begin_episodes(rules, policy, levels, level), running)
    return _Slots(level, running, slots.begun + ranks[-1], finished)


def _store(
    slots: _Slots,
    first: jax.Array | np.int32,
    rows: jax.Array,
    over: jax.Array,
    actions: jax.Array,
    alive: jax.Array,
) -> Rollouts:
    """Stores the results of the slots whose episodes are over, and the actions of all slots.

    Args:
        slots: the slots of one policy before the round.
        first: int32, index of the first level of the portion.
        rows: results after the round, [slots, ...], as `Episodes.rows`.
        over: bool[slots], whether the episode is over.
        actions: int32[ROUND, slots], actions of the round.
        alive: bool[ROUND, slots], whether the action belongs to an episode that was not over.
    """
    finished, time = slots.finished, Episodes.of(slots.running.row).length
    # A slot without a next level stores its last episode again after every round, which changes nothing.
    place = jnp.where(over, slots.level, len(finished.rows))
    steps = time + jnp.arange(ROUND)[:, None]
    return Rollouts(
        rows=finished.rows.at[place].set(rows, mode="drop"),
        actions=finished.actions.at[slots.level - first, steps].set(actions.astype(jnp.uint8), mode="drop"),
        extremes=jnp.stack(
            (
                jnp.minimum(finished.extremes[0], jnp.min(jnp.where(alive, actions, 0))),
                jnp.maximum(finished.extremes[1], jnp.max(jnp.where(alive, actions, 0))),
            )
        ),
    )
