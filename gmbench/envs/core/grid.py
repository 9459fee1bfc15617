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
import numpy as np
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
    """The view centred on (x, y), still packed: uint16[VIEW, channels], bit k for row ``y - RADIUS + k``."""
    words = planes.columns(jnp.asarray(x) - RADIUS, VIEW)
    return low_bits(words >> jnp.asarray(y).astype(jnp.uint32))


def spot(at: jax.Array, x: chex.Numeric, y: chex.Numeric) -> jax.Array:
    """One thing at ``at`` = int32[2] (x, y), drawn into the packed view centred on (x, y): uint16[VIEW]."""
    column, row = at[0] - x + RADIUS, at[1] - y + RADIUS
    bit = jnp.where((row >= 0) & (row < VIEW), jnp.uint32(1) << row.astype(jnp.uint32), 0)
    return jnp.where(jnp.arange(VIEW) == column, low_bits(bit), 0)


def low_bits(words: jax.Array) -> jax.Array:
    """The part of uint32 words that a packed view keeps: uint16, in the shape of ``words``."""
    return (words & jnp.uint32((1 << VIEW) - 1)).astype(jnp.uint16)


def image(packed: jax.Array) -> jax.Array:
    """Unpacks views: uint16[..., VIEW, channels] to bool[..., VIEW, VIEW, channels], rows first."""
    *batch, columns, channels = packed.shape
    words = packed.reshape(*batch, 1, columns * channels)
    # In two parts: a CPU writes whole rows at once only if the last two axes are split after the loop, and
    # XLA moves the split into the loop unless there is something to put together in between.
    parts = [(words & _bits(rows)[:, None]) != 0 for rows in HALVES]
    return jnp.concatenate(parts, axis=-2).reshape(*batch, VIEW, columns, channels)


def rows_of(words: jax.Array, rows: np.ndarray) -> jax.Array:
    """Rows of views as zeros and ones, views last: uint16[words, batch] to float32[rows * words, batch].

    Args:
        words: the columns of packed views, all channels of one after the other.
        rows: int[rows], from 0 at the top.
    """
    cells = (words & _bits(rows)[:, None, None]) != 0
    return cells.astype(jnp.float32).reshape(-1, words.shape[-1])


HALVES = np.split(np.arange(VIEW), [VIEW // 2])
"""The rows of a view in two parts."""


def _bits(rows: np.ndarray) -> jax.Array:
    """The bit of each row of a packed view: uint16, in the shape of ``rows``."""
    return jnp.asarray(1 << rows, jnp.uint16)
