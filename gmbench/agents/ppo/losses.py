"""Advantages and the three losses of PPO: pure functions that compute them for each step."""

from __future__ import annotations

import distrax
import jax
import jax.numpy as jnp


def advantages(
    rewards: jax.Array,
    values: jax.Array,
    next_values: jax.Array,
    terminated: jax.Array,
    truncated: jax.Array,
    discount: float,
    gae_lambda: float,
) -> jax.Array:
    """Computes generalized advantage estimates (Schulman et al. 2016, equation 16) along axis 0.

    After the last step of a terminated episode the return is 0. After the last step of a truncated episode it
    is the value of the last observation. No rewards flow back from one episode to the one before it.

    Args:
        rewards: float32[time, ...], reward of each step.
        values: float32[time, ...], value of the observation that the action was chosen from.
        next_values: float32[time, ...], value of the observation that followed, before any reset.
        terminated: bool[time, ...], whether the environment ended the episode with this step.
        truncated: bool[time, ...], whether the time limit ended the episode with this step.
        discount: discount gamma per step.
        gae_lambda: lambda of the estimates.
    """
    ends = terminated | truncated
    errors = rewards + discount * jnp.where(terminated, 0.0, next_values) - values

    def backward(later: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        error, end = step
        advantage = error + discount * gae_lambda * jnp.where(end, 0.0, later)
        return advantage, advantage

    return jax.lax.scan(backward, jnp.zeros_like(errors[0]), (errors, ends), reverse=True)[1]


def normalize(values: jax.Array) -> jax.Array:
    """Shifts and scales values to mean 0 and standard deviation 1."""
    return (values - jnp.mean(values)) / (jnp.std(values) + 1e-8)


def policy_loss(
    log_probability: jax.Array, old_log_probability: jax.Array, advantage: jax.Array, clip: float
) -> jax.Array:
    """The negative clipped objective (Schulman et al. 2017, equation 7) of each step, to be minimized."""
    ratio = jnp.exp(log_probability - old_log_probability)
    clipped = jnp.clip(ratio, 1.0 - clip, 1.0 + clip)
    return -jnp.minimum(ratio * advantage, clipped * advantage)


def value_loss(value: jax.Array, target: jax.Array) -> jax.Array:
    """Half the squared error of the value at each step."""
    return 0.5 * jnp.square(value - target)


def entropy(logits: jax.Array) -> jax.Array:
    """Entropy of the policy at each step, in nats."""
    entropy: jax.Array = distrax.Categorical(logits=logits).entropy()
    return entropy
