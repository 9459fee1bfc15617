"""Networks for the reference learners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn


class ActorCritic(nn.Module):
    """A multilayer perceptron with one head for the policy and one for the value.

    Attributes:
        actions: number of actions.
        hidden: units of the shared hidden layers.
    """

    actions: int
    hidden: Sequence[int] = (48, 64)

    @nn.compact
    def __call__(self, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logits, float32[..., actions], and value, float32[...], of [..., rows, columns, channels]."""
        units = observation.astype(jnp.float32).reshape((*observation.shape[:-3], -1))
        for width in self.hidden:
            units = nn.relu(nn.Dense(width, kernel_init=nn.initializers.orthogonal(2**0.5))(units))
        # Small policy weights: nearly equal logits at the start (Andrychowicz et al. 2021, section 3.2).
        logits = nn.Dense(self.actions, kernel_init=nn.initializers.orthogonal(0.01))(units)
        value = nn.Dense(1, kernel_init=nn.initializers.orthogonal(1.0))(units)
        return logits, value[..., 0]

    def outputs(self, weights: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logits and value under some weights: ``apply`` with its types."""
        outputs: Any = self.apply(weights, observation)
        return outputs  # type: ignore[no-any-return]
