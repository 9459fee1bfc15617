"""Rollouts of the random policy in many environments at once.

This is the program on which the speed of environments is measured.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core.environment import Environment, EnvParams


@struct.dataclass
class RandomRollout:
    """The state of a rollout of the random policy.

    Attributes:
        states: environment states, batched over environments.
        observations: the last observations, [environments, ...].
        rewards: float32[environments], sum of the rewards so far.
        ends: int32[environments], number of episodes that have ended so far.
        key: random key from which actions are drawn.
    """

    states: Any
    observations: jax.Array
    rewards: jax.Array
    ends: jax.Array
    key: jax.Array


def begin_rollout(
    env: Environment[Any, Any], key: jax.Array, params: EnvParams, environments: int
) -> RandomRollout:
    """Resets the environments; returns a rollout of no steps."""
    reset_key, key = jax.random.split(key)
    observations, states = jax.vmap(env.reset, (0, None))(jax.random.split(reset_key, environments), params)
    return RandomRollout(
        states=states,
        observations=observations,
        rewards=jnp.zeros(environments, jnp.float32),
        ends=jnp.zeros(environments, jnp.int32),
        key=key,
    )


def continue_rollout(
    env: Environment[Any, Any], rollout: RandomRollout, params: EnvParams, length: int
) -> RandomRollout:
    """Takes ``length`` more steps in every environment, with auto-reset.

    The compiler must not leave out or postpone work that nobody uses. Therefore the observations are carried
    from step to step, so that each step writes them completely, as it would for a learner. Each action
    depends on one cell of the last observation, so no step can be skipped.
    """
    environments = rollout.ends.shape[0]

    def step(so_far: RandomRollout, key: jax.Array) -> tuple[RandomRollout, None]:
        action_key, env_key = jax.random.split(key)
        random = jax.random.bits(action_key, (environments,), jnp.uint8)
        corner = so_far.observations.reshape(environments, -1)[:, 0].astype(jnp.uint8)
        actions = (random + corner) % env.num_actions
        observations, states, rewards, terminated, truncated, _ = jax.vmap(env.step, (0, 0, 0, None))(
            jax.random.split(env_key, environments), so_far.states, actions, params
        )
        return RandomRollout(
            states=states,
            observations=observations,
            rewards=so_far.rewards + rewards,
            ends=so_far.ends + (terminated | truncated),
            key=so_far.key,
        ), None

    steps_key, key = jax.random.split(rollout.key)
    ended, _ = jax.lax.scan(step, rollout, jax.random.split(steps_key, length))
    return dataclasses.replace(ended, key=key)
