"""Rollouts of PPO: steps in parallel environments, and the statistics of the episodes in them."""

from __future__ import annotations

import dataclasses
from typing import Any

import distrax
import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.networks import Network
from gmbench.envs.core.environment import Environment, EnvParams
from gmbench.envs.core.levels import where


@struct.dataclass
class Experience:
    """The parallel environments of a learner between two rollouts, with one row per environment.

    Attributes:
        states: environment states, [num_envs, ...].
        views: uint16[num_envs, VIEW, channels], packed observations of these states.
        carry: carry of the network before it acts on these observations, [num_envs, ...].
        returns: float32[num_envs, goals], undiscounted returns of the running episodes so far.
    """

    states: Any
    views: jax.Array
    carry: Any
    returns: jax.Array


@struct.dataclass
class Steps:
    """The steps of a rollout, [num_steps, num_envs, ...]. Levels and states are left out to save memory.

    Attributes:
        view: uint16[..., VIEW, channels], packed observation that the action was chosen from.
        action: int32, the action.
        log_probability: float32, log probability of the action under the policy that chose it.
        value: float32, value of the observation.
        reward: float32, reward on the intended goal.
        terminated: bool, whether the environment ended the episode with this step.
        truncated: bool, whether the time limit ended the episode with this step.
    """

    view: jax.Array
    action: jax.Array
    log_probability: jax.Array
    value: jax.Array
    reward: jax.Array
    terminated: jax.Array
    truncated: jax.Array


def begin(
    env: Environment[Any, Any], network: Network, key: jax.Array, params: EnvParams, num_envs: int
) -> Experience:
    """Resets ``num_envs`` environments."""
    states = jax.vmap(env.reset, (0, None))(jax.random.split(key, num_envs), params)[1]
    returns = jnp.zeros((num_envs, len(env.goals)), jnp.float32)
    carry = jax.tree.map(lambda leaf: jnp.tile(leaf, (num_envs, 1)), network.start())
    return Experience(states=states, views=_views(env, states, params), carry=carry, returns=returns)


def collect(
    env: Environment[Any, Any],
    network: Network,
    weights: Any,
    experience: Experience,
    key: jax.Array,
    params: EnvParams,
    num_steps: int,
) -> tuple[Experience, Steps, jax.Array, jax.Array]:
    """Collects a rollout: ``num_steps`` steps in every environment.

    Returns:
        The environments after the rollout; its steps; the value of the observation that followed each step,
        before any reset, float32[num_steps, num_envs]; and sums over the episodes that finished,
        float32[2 + goals]: the number of episodes, their steps, and their returns on every goal.
    """
    num_envs = len(experience.views)

    # Drawn step by step, the random numbers of the rollout would cost as much as the environments.
    noise_key, level_key = jax.random.split(key)
    noise = jax.random.gumbel(noise_key, (num_steps, num_envs, env.num_actions))
    levels = env.draw_levels(level_key, (num_steps, num_envs), params)

    def step(
        carry: tuple[Experience, Any, jax.Array], drawn: tuple[jax.Array, jax.Array]
    ) -> tuple[Any, Steps]:
        experience, last, finished = carry
        noise, levels = drawn
        logits, value, carried = network.step(weights, experience.carry, experience.views)
        action = jnp.argmax(logits + noise, axis=-1)  # A draw from the softmax of the logits.
        log_probability = distrax.Categorical(logits=logits).log_prob(action)
        _, states, reward, terminated, truncated, info = jax.vmap(env.step_or_start, (0, 0, 0, None))(
            levels, experience.states, action, params
        )
        truncated = truncated & ~terminated
        # A rollout is not longer than the time limit, so it truncates at most one episode per environment.
        # Of this episode the last state, which is smaller than the observation, and the carry are stored.
        last = where(truncated, (info["final_state"], carried), last)
        ends = terminated | truncated
        after, finished = _count(experience, info["goals"], ends, finished)
        carried = where(ends, network.start(), carried)
        after = dataclasses.replace(after, states=states, views=_views(env, states, params), carry=carried)
        steps = Steps(experience.views, action, log_probability, value, reward, terminated, truncated)
        return (after, last, finished), steps

    carry = (experience, (experience.states, experience.carry), jnp.zeros(2 + len(env.goals)))
    (experience, last, finished), steps = jax.lax.scan(step, carry, (noise, levels))
    both = jnp.stack((experience.views, _views(env, last[0], params)))
    carries = jax.tree.map(lambda *leaves: jnp.stack(leaves), experience.carry, last[1])
    following, cut_off = network.step(weights, carries, both)[1]
    next_values = jnp.concatenate((steps.value[1:], following[None]))
    return experience, steps, jnp.where(steps.truncated, cut_off, next_values), finished


def _views(env: Environment[Any, Any], states: Any, params: EnvParams) -> jax.Array:
    """The packed observation of each environment: uint16[num_envs, VIEW, channels]."""
    return jax.vmap(env.observe_packed, (0, None))(states, params)


def _count(
    experience: Experience, rewards: jax.Array, ends: jax.Array, finished: jax.Array
) -> tuple[Experience, jax.Array]:
    """Adds one step to the returns of running episodes, and the episodes that it ended to ``finished``."""
    returns = experience.returns + rewards
    ending = ends[:, None].astype(jnp.float32)
    counted = jnp.column_stack((jnp.ones(len(ends)), experience.states.time + 1, returns))
    finished += jnp.sum(counted * ending, axis=0)
    return dataclasses.replace(experience, returns=returns * (1.0 - ending)), finished
