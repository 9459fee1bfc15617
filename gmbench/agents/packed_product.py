"""A dense layer's product with packed views: what a learner spends most of its time on.

Unpacked to numbers, an observation takes 32 times the space, and memory, not arithmetic, would limit the
products. So learning keeps views packed, and unpacks and multiplies a part of their rows at a time, which
caches hold; for the backward pass it unpacks them anew, in the order that suits its own product.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from gmbench.envs.core import grid

BLOCK = 4096
"""Views that are taken at once in learning, at most."""


@jax.custom_vjp
def packed_product(views: jax.Array, kernel: jax.Array) -> jax.Array:
    """The cells of packed views, as zeros and ones, times a matrix: float32[batch, units].

    Args:
        views: uint16[batch, VIEW, channels], see `gmbench.envs.core.grid.window`.
        kernel: float32[cells, units], the cells as `grid.image` orders them, rows first.
    """
    return grid.image(views).astype(kernel.dtype).reshape(len(views), -1) @ kernel


def _forward(views: jax.Array, kernel: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The product row by row, and what the backward pass needs."""
    words = views.reshape(len(views), -1)
    if len(views) <= BLOCK:
        return _product(words, kernel), views
    products = jax.lax.map(lambda block: _product(block, kernel), _blocks(words))
    return products.reshape(-1, kernel.shape[1])[: len(views)], views


def _product(words: jax.Array, kernel: jax.Array) -> jax.Array:
    def add(total: jax.Array, row: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        y, weights = row
        return total + ((words >> y) & 1).astype(kernel.dtype) @ weights, None

    weights = kernel.reshape(grid.VIEW, words.shape[1], -1)
    nothing = jnp.zeros((len(words), kernel.shape[1]), kernel.dtype)
    return jax.lax.scan(add, nothing, (jnp.arange(grid.VIEW, dtype=words.dtype), weights))[0]


def _backward(views: jax.Array, gradient: jax.Array) -> tuple[None, jax.Array]:
    words = views.reshape(len(views), -1)
    if len(views) <= BLOCK:
        return None, _gradient(words, gradient)

    def add(total: jax.Array, block: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        return total + _gradient(*block), None

    nothing = jnp.zeros((grid.VIEW * words.shape[1], gradient.shape[1]), gradient.dtype)
    return None, jax.lax.scan(add, nothing, (_blocks(words), _blocks(gradient)))[0]


def _gradient(words: jax.Array, gradient: jax.Array) -> jax.Array:
    """Of the kernel, from that of the product. With the views last, the products of a CPU are quicker."""
    return jnp.concatenate([grid.rows_of(words.T, rows) @ gradient for rows in grid.HALVES])


def _blocks(rows: jax.Array) -> jax.Array:
    """[batch, n] as [blocks, BLOCK, n], the last block filled up with zeros, which add nothing."""
    return jnp.pad(rows, ((0, -len(rows) % BLOCK), (0, 0))).reshape(-1, BLOCK, rows.shape[1])


packed_product.defvjp(_forward, _backward)
