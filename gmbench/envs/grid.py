"""The grid kernel: a level's cells as bit columns, and the few reads that an environment needs.

A level is up to ``MAX_HEIGHT`` rows high. Each column of cells is one 32-bit word per channel, with the
view's radius as a border above and below, and as many border columns at either side. So both a test of
one cell and the whole egocentric view are short contiguous reads, whatever the size of the level, and a
view is never cut off at an edge.

Coordinates are those of an image: ``x`` counts columns from the left, ``y`` rows from the top, from 0.
"""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
from flax import struct

RADIUS = 6
"""Cells seen in each direction from the agent."""
VIEW = 2 * RADIUS + 1
"""Rows and columns of the egocentric view."""
MAX_HEIGHT = 32 - 2 * RADIUS
"""Rows that fit in one word beside the border."""


@struct.dataclass
class BitPlanes:
    """The cells of one level, or one level of a pool that is read in place.

    Attributes:
        words: uint32[columns, channels] for one level; uint32[levels, columns, channels] with ``index``.
            Bit ``y + RADIUS`` of ``words[x + RADIUS, c]`` tells whether channel c fills cell (x, y).
        index: int32 scalar, which level of the pool; None for one level.
    """

    words: jax.Array
    index: jax.Array | None = None

    def columns(self, x: chex.Numeric, count: int) -> jax.Array:
        """Reads ``count`` columns from column ``x`` on: uint32[count, channels]."""
        first = jnp.asarray(x, jnp.int32) + RADIUS
        channels = self.words.shape[-1]
        if self.index is None:
            return jax.lax.dynamic_slice(self.words, (first, 0), (count, channels))
        sliced = jax.lax.dynamic_slice(self.words, (self.index, first, 0), (1, count, channels))
        # Without the barrier, jax 0.11.2 cannot compile one environment alone on a CPU: it fuses the slice
        # into a function that it then calls with the wrong number of arguments.
        return jax.lax.optimization_barrier(sliced[0])


def pack(cells: jax.Array, outside: jax.Array) -> BitPlanes:
    """Packs the cells of one level.

    Args:
        cells: bool[height, width, channels].
        outside: bool[channels], what fills the border around the level.
    """
    height, width, channels = cells.shape
    if height > MAX_HEIGHT:
        raise ValueError(f"a level has at most {MAX_HEIGHT} rows, this one has {height}")
    outside = jnp.broadcast_to(jnp.asarray(outside, bool), (32, width + 2 * RADIUS, channels))
    padded = jax.lax.dynamic_update_slice(outside, cells.astype(bool), (RADIUS, RADIUS, 0))
    weights = jnp.uint32(1) << jnp.arange(32, dtype=jnp.uint32)
    return BitPlanes(jnp.sum(padded * weights[:, None, None], axis=0, dtype=jnp.uint32))


def unpack(planes: BitPlanes, height: int, width: int) -> jax.Array:
    """The cells of one level without its border: bool[height, width, channels]."""
    words = planes.columns(0, width)
    rows = jnp.arange(height, dtype=jnp.uint32) + RADIUS
    return ((words[None] >> rows[:, None, None]) & 1).astype(bool)


def filled(word: jax.Array, y: chex.Numeric) -> jax.Array:
    """Whether the cell in row ``y`` is filled: bool, in the shape of ``word`` (uint32 columns)."""
    return ((word >> (jnp.asarray(y) + RADIUS).astype(jnp.uint32)) & 1).astype(bool)


def window(planes: BitPlanes, x: chex.Numeric, y: chex.Numeric) -> jax.Array:
    """The view centred on (x, y), still packed: uint32[VIEW, channels], bit k for row ``y - RADIUS + k``."""
    words = planes.columns(jnp.asarray(x) - RADIUS, VIEW)
    return (words >> jnp.asarray(y).astype(jnp.uint32)) & jnp.uint32((1 << VIEW) - 1)


def spot(at: jax.Array, x: chex.Numeric, y: chex.Numeric) -> jax.Array:
    """One thing at ``at`` = int32[2] (x, y), drawn into the packed view centred on (x, y): uint32[VIEW]."""
    column, row = at[0] - x + RADIUS, at[1] - y + RADIUS
    seen = (jnp.arange(VIEW) == column) & (row >= 0) & (row < VIEW)
    return jnp.where(seen, jnp.uint32(1) << row.astype(jnp.uint32), jnp.uint32(0))


def image(packed: jax.Array) -> jax.Array:
    """Unpacks a view: uint32[VIEW, channels] to bool[VIEW, VIEW, channels], rows first."""
    rows = jnp.arange(VIEW, dtype=jnp.uint32)
    return ((packed[None] >> rows[:, None, None]) & 1).astype(bool)
