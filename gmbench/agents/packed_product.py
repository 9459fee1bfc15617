"""A dense layer's product with packed views: what a learner spends most of its time on.

Unpacked to numbers, an observation takes 32 times the space, and memory, not arithmetic, would limit the
products. So learning keeps views packed, and unpacks and multiplies a part of their rows at a time, which
caches hold; for the backward pass it unpacks them anew, in the order that suits its own product.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from gmbench.envs import grid


@jax.custom_vjp
def packed_product(views: jax.Array, kernel: jax.Array) -> jax.Array:
    """The cells of packed views, as zeros and ones, times a matrix: float32[batch, units].

    Args:
        views: uint16[batch, VIEW, channels], see `gmbench.envs.grid.window`.
        kernel: float32[cells, units], the cells as `grid.image` orders them, rows first.
    """
    return grid.image(views).astype(kernel.dtype).reshape(len(views), -1) @ kernel


def _forward(views: jax.Array, kernel: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The product row by row, and what the backward pass needs."""
    words = views.reshape(len(views), -1)
    weights = kernel.reshape(grid.VIEW, words.shape[1], -1)

    def add(total: jax.Array, row: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        y, weights = row
        return total + ((words >> y) & 1).astype(kernel.dtype) @ weights, None

    nothing = jnp.zeros((len(views), kernel.shape[1]), kernel.dtype)
    return jax.lax.scan(add, nothing, (jnp.arange(grid.VIEW, dtype=words.dtype), weights))[0], views


def _backward(views: jax.Array, gradient: jax.Array) -> tuple[None, jax.Array]:
    # With the views last, the products of a CPU are quicker.
    words = views.reshape(len(views), -1).T
    return None, jnp.concatenate([grid.rows_of(words, rows) @ gradient for rows in grid.HALVES])


packed_product.defvjp(_forward, _backward)
