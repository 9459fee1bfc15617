"""Recording: the episodes of an evaluation once more, step by step."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.evaluation import Observe, Rules, Running, begin, step_all
from gmbench.envs.environment import Environment
from gmbench.envs.levels import pool_size


@struct.dataclass
class Trajectories:
    """What was done in episodes, [policies, levels, ...]; actions after the end of an episode mean nothing.

    Attributes:
        states: of the environment, [..., time limit + 1]: the first, and that after each step. Those after
            the end of the environment's own episode repeat the last one.
        actions: int32[..., time limit].
        length: int32, the steps that count: where only the first goal does, up to that.
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
    indices: jax.Array | None = None,
) -> Trajectories:
    """The very episodes that `evaluate` plays with the same arguments, each to the environment's own end.

    Args:
        env: the environment.
        policies: see `gmbench.benchmarks.evaluation.evaluate`, and so for the others.
        levels: a pool.
        keys: one per policy.
        first_only: whether the steps after the first event of any goal do not count.
        observe: what the policies are shown, if not the environment's view.
        indices: int32[levels], the levels of the pool that are played; None for all.
    """
    indices = jnp.arange(pool_size(levels)) if indices is None else indices
    return record_episodes(env, first_only, observe, policies, levels, indices, keys)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def record_episodes(
    env: Environment[Any, Any],
    first_only: bool,
    observe: Observe | None,
    policies: Policy,
    levels: Any,
    indices: jax.Array,
    keys: jax.Array,
) -> Trajectories:
    """What `record` gives."""
    rules = Rules(env, first_only=False, discount=1.0, observe=observe)

    def one(policy: Policy, key: jax.Array) -> Trajectories:
        def step(running: Running, _: None) -> tuple[Running, tuple[Any, jax.Array, jax.Array]]:
            after, actions = step_all(rules, policy, levels, indices, key, running)
            counts = running.alive & ~(first_only & (running.episode.first >= 0))
            return after, (after.state, actions, counts)

        start = begin(rules, policy, levels, indices)
        states, actions, counts = jax.lax.scan(step, start, length=rules.env.time_limit)[1]
        states = jax.tree.map(lambda first, rest: jnp.concatenate((first[None], rest)), start.state, states)
        return Trajectories(
            states=jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), states),
            actions=actions.T,
            length=jnp.sum(counts, axis=0, dtype=jnp.int32),
        )

    return jax.vmap(one)(policies, keys)
