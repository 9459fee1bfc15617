"""The product of packed views with the weights of a dense layer. Learning spends most of its time here.

An observation that is unpacked to numbers takes 32 times the space, and memory instead of arithmetic would
limit the product. Therefore learning stores packed views. It unpacks and multiplies a few rows at a time, so
that they fit into caches. The backward pass unpacks the views again, in the order that suits its own product.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from gmbench.envs.core import grid

BLOCK = 4096
"""Largest number of views that learning multiplies at once."""


@jax.custom_vjp
def packed_product(views: jax.Array, kernel: jax.Array) -> jax.Array:
    """Multiplies the cells of packed views, as zeros and ones, with a matrix: float32[batch, units].

    Args:
        views: uint16[batch, VIEW, channels], packed views, see `gmbench.envs.core.grid.window`.
        kernel: float32[cells, units], the matrix; cells are in the order of `grid.image`, rows first.
    """
    return grid.image(views).astype(kernel.dtype).reshape(len(views), -1) @ kernel


def _forward(views: jax.Array, kernel: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Computes the product row by row, and returns with it the views for the backward pass."""
    words = views.reshape(len(views), -1)
    if len(views) <= BLOCK:
        return _product(words, kernel), views
    products = jax.lax.map(lambda block: _product(block, kernel), _blocks(words))
    return products.reshape(-1, kernel.shape[1])[: len(views)], views


def _product(words: jax.Array, kernel: jax.Array) -> jax.Array:
    """The product of at most `BLOCK` views, uint16[batch, VIEW * channels]: float32[batch, units]."""

    def add(total: jax.Array, row: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        y, weights = row
        return total + ((words >> y) & 1).astype(kernel.dtype) @ weights, None

    weights = kernel.reshape(grid.VIEW, words.shape[1], -1)
    nothing = jnp.zeros((len(words), kernel.shape[1]), kernel.dtype)
    return jax.lax.scan(add, nothing, (jnp.arange(grid.VIEW, dtype=words.dtype), weights))[0]


def _backward(views: jax.Array, gradient: jax.Array) -> tuple[None, jax.Array]:
    """The gradient of the kernel, from the gradient of the product; views have no gradient."""
    words = views.reshape(len(views), -1)
    if len(views) <= BLOCK:
        return None, _gradient(words, gradient)

    def add(total: jax.Array, block: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        return total + _gradient(*block), None

    nothing = jnp.zeros((grid.VIEW * words.shape[1], gradient.shape[1]), gradient.dtype)
    return None, jax.lax.scan(add, nothing, (_blocks(words), _blocks(gradient)))[0]


def _gradient(words: jax.Array, gradient: jax.Array) -> jax.Array:
    """The gradient of the kernel for at most `BLOCK` views. With the views as last axis, CPUs are faster."""
    return jnp.concatenate([grid.rows_of(words.T, rows) @ gradient for rows in grid.HALVES])


def _blocks(rows: jax.Array) -> jax.Array:
    """Reshapes [batch, n] to [blocks, BLOCK, n]. The last block is padded with zeros, which add nothing."""
    return jnp.pad(rows, ((0, -len(rows) % BLOCK), (0, 0))).reshape(-1, BLOCK, rows.shape[1])


packed_product.defvjp(_forward, _backward)
