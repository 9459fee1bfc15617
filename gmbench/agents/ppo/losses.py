"""PPO's arithmetic: advantages, and the three losses of each step. Pure functions, tested against NumPy."""

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
    decay: float,
) -> jax.Array:
    """Generalized advantage estimates (Schulman et al. 2016, equation 16) along axis 0.

    A terminated episode is worth nothing more; a truncated one is worth the value of its last
    observation. Neither lets later rewards through.

    Args:
        rewards: float32[time, ...], as are all the others.
        values: value of the observation that was acted on.
        next_values: value of the observation that followed, before any reset.
        terminated: bool, the episode ended by itself with this step.
        truncated: bool, the time limit cut it off after this step.
        discount: gamma.
        decay: lambda.
    """
    ends = terminated | truncated
    errors = rewards + discount * jnp.where(terminated, 0.0, next_values) - values

    def backward(later: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        error, end = step
        advantage = error + discount * decay * jnp.where(end, 0.0, later)
        return advantage, advantage

    return jax.lax.scan(backward, jnp.zeros_like(errors[0]), (errors, ends), reverse=True)[1]


def normalize(values: jax.Array) -> jax.Array:
    """Shifts and scales to mean 0 and standard deviation 1."""
    return (values - jnp.mean(values)) / (jnp.std(values) + 1e-8)


def policy_loss(
    log_probability: jax.Array, old_log_probability: jax.Array, advantage: jax.Array, clip: float
) -> jax.Array:
    """The clipped surrogate (Schulman et al. 2017, equation 7) of each step, to be minimized."""
    ratio = jnp.exp(log_probability - old_log_probability)
    clipped = jnp.clip(ratio, 1.0 - clip, 1.0 + clip)
    return -jnp.minimum(ratio * advantage, clipped * advantage)


def value_loss(value: jax.Array, target: jax.Array) -> jax.Array:
    """Half the squared error of each step."""
    return 0.5 * jnp.square(value - target)


def entropy(logits: jax.Array) -> jax.Array:
    """Entropy of the policy at each step, in nats."""
    entropy: jax.Array = distrax.Categorical(logits=logits).entropy()
    return entropy
