"""Observations in the rollout buffer: eight yes-or-no cells to a byte, other observations as they are."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp


def pack(observations: jax.Array) -> jax.Array:
    """Packs bool[batch, ...] to uint8[batch, bytes]; leaves other dtypes alone."""
    if observations.dtype != jnp.bool_:
        return observations
    return jnp.packbits(observations.reshape(observations.shape[0], -1), axis=-1)


def unpack(packed: jax.Array, like: jax.Array) -> jax.Array:
    """Undoes `pack`: bool[batch, ...] with the shape of one observation taken from ``like``, [any, ...]."""
    if like.dtype != jnp.bool_:
        return packed
    cells = jnp.unpackbits(packed, axis=-1, count=math.prod(like.shape[1:]))
    return cells.astype(bool).reshape(packed.shape[0], *like.shape[1:])
