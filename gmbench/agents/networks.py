"""Networks for the reference learners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from gmbench.agents.packed_product import packed_product
from gmbench.envs import grid


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
        """Logits, float32[..., actions], and value, float32[...].

        Args:
            observation: [..., rows, columns, channels], or packed views, uint16[..., VIEW, channels].
        """
        first, *rest = self.hidden
        units = nn.relu(ViewDense(first)(observation))
        for width in rest:
            units = nn.relu(nn.Dense(width, kernel_init=nn.initializers.orthogonal(2**0.5))(units))
        # Small policy weights: nearly equal logits at the start (Andrychowicz et al. 2021, section 3.2).
        logits = nn.Dense(self.actions, kernel_init=nn.initializers.orthogonal(0.01))(units)
        value = nn.Dense(1, kernel_init=nn.initializers.orthogonal(1.0))(units)
        return logits, value[..., 0]

    def outputs(self, weights: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logits and value under some weights: ``apply`` with its types."""
        outputs: Any = self.apply(weights, observation)
        return outputs  # type: ignore[no-any-return]


class ViewDense(nn.Module):
    """A dense layer over all cells of a view. Packed views stay packed until the product needs numbers.

    Attributes:
        units: outputs.
    """

    units: int

    @nn.compact
    def __call__(self, observation: jax.Array) -> jax.Array:
        """float32[..., units] of observations, see `ActorCritic`."""
        if observation.dtype == jnp.uint16:
            views = observation.reshape(-1, *observation.shape[-2:])
            kernel = self._kernel(grid.VIEW * views[0].size)
            products = packed_product(views, kernel).reshape(*observation.shape[:-2], self.units)
        else:
            cells = observation.astype(jnp.float32).reshape(*observation.shape[:-3], -1)
            products = cells @ self._kernel(cells.shape[-1])
        return products + self.param("bias", nn.initializers.zeros, (self.units,))

    def _kernel(self, cells: int) -> jax.Array:
        kernel: jax.Array = self.param("kernel", nn.initializers.orthogonal(2**0.5), (cells, self.units))
        return kernel
