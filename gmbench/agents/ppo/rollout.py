"""PPO's experience: steps taken side by side, and the books kept on their episodes."""

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
    """What a learner carries of its environments, one entry per environment.

    Attributes:
        states: environment states.
        views: uint16[environments, VIEW, channels], packed observations, what is acted on next.
        carry: what the network carries, as it is when that is acted on.
        returns: float32[environments, goals], undiscounted return so far of the running episodes.
    """

    states: Any
    views: jax.Array
    carry: Any
    returns: jax.Array


@struct.dataclass
class Steps:
    """Steps to learn from, [rollout, environments, ...]: neither levels nor states are kept.

    Attributes:
        view: uint16[..., VIEW, channels], the packed observation that was acted on.
        action: int32, what was done.
        log_probability: float32, of that action under the policy that acted.
        value: float32, of the observation.
        reward: float32, on the intended goal.
        terminated: bool, whether the episode ended by itself.
        truncated: bool, whether the time limit cut it off.
    """

    view: jax.Array
    action: jax.Array
    log_probability: jax.Array
    value: jax.Array
    reward: jax.Array
    terminated: jax.Array
    truncated: jax.Array


def begin(
    env: Environment[Any, Any], network: Network, key: jax.Array, params: EnvParams, environments: int
) -> Experience:
    """Resets the environments."""
    states = jax.vmap(env.reset, (0, None))(jax.random.split(key, environments), params)[1]
    returns = jnp.zeros((environments, len(env.goals)), jnp.float32)
    carry = jax.tree.map(lambda leaf: jnp.tile(leaf, (environments, 1)), network.start())
    return Experience(states=states, views=_views(env, states, params), carry=carry, returns=returns)


def collect(
    env: Environment[Any, Any],
    network: Network,
    weights: Any,
    experience: Experience,
    key: jax.Array,
    params: EnvParams,
    length: int,
) -> tuple[Experience, Steps, jax.Array, jax.Array]:
    """Takes ``length`` steps in every environment.

    Returns:
        The environments afterwards; the steps; the value of the observation that followed each step,
        before any reset, float32[length, environments]; and sums over the episodes that finished,
        float32[2 + goals]: their number, their steps, and their returns on every goal.
    """
    environments = len(experience.views)

    # All random numbers of the rollout at once: drawn step by step they cost as much as the environments.
    noise_key, level_key = jax.random.split(key)
    noise = jax.random.gumbel(noise_key, (length, environments, env.num_actions))
    levels = env.draw_levels(level_key, (length, environments), params)

    def step(
        carry: tuple[Experience, Any, jax.Array], drawn: tuple[jax.Array, jax.Array]
    ) -> tuple[Any, Steps]:
        experience, last, finished = carry
        noise, levels = drawn
        logits, value, carried = network.step(weights, experience.carry, experience.views)
        action = jnp.argmax(logits + noise, axis=-1)  # So is a categorical distribution drawn from.
        log_probability = distrax.Categorical(logits=logits).log_prob(action)
        _, states, reward, terminated, truncated, info = jax.vmap(env.step_or_start, (0, 0, 0, None))(
            levels, experience.states, action, params
        )
        truncated = truncated & ~terminated
        # A rollout is no longer than an episode may be, so each environment is cut off at most once in it;
        # of that one time the state is kept, which is smaller than the observation, and what was carried.
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
    """What is seen in each environment, packed."""
    return jax.vmap(env.observe_packed, (0, None))(states, params)


def _count(
    experience: Experience, rewards: jax.Array, ends: jax.Array, finished: jax.Array
) -> tuple[Experience, jax.Array]:
    """Adds one step to the running returns, and the episodes that it ended to the finished ones."""
    returns = experience.returns + rewards
    ending = ends[:, None].astype(jnp.float32)
    counted = jnp.column_stack((jnp.ones(len(ends)), experience.states.time + 1, returns))
    finished += jnp.sum(counted * ending, axis=0)
    return dataclasses.replace(experience, returns=returns * (1.0 - ending)), finished
