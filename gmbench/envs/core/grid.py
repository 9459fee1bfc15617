"""The grid: the cells of a level as columns of bits, and the functions that read them.

A level has up to ``MAX_HEIGHT`` rows. Each column of cells is one 32-bit word per channel. A border of
`RADIUS` cells surrounds the level, so a view never ends at an edge. A test of one cell and a read of the
whole egocentric view are both short contiguous reads, whatever the size of the level.

Coordinates are those of an image: ``x`` counts columns from the left and ``y`` rows from the top, from 0.
"""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

RADIUS = 6
"""Cells that the agent sees in each direction."""
VIEW = 2 * RADIUS + 1
"""Rows and columns of the egocentric view."""
MAX_HEIGHT = 32 - 2 * RADIUS
"""Rows of the highest level: those bits of a word that the border does not need."""


@struct.dataclass
class BitPlanes:
    """The cells of one level, either alone or as part of a pool that is read in place.

    Attributes:
        words: uint32[columns, channels] for a single level; uint32[levels, columns, channels] for a pool.
            Bit ``y + RADIUS`` of ``words[x + RADIUS, c]`` is 1 where channel c fills cell (x, y).
        index: int32 scalar, the index of the level in the pool; None for a single level.
    """

    words: jax.Array
    index: jax.Array | None = None

    def columns(self, x: chex.Numeric, count: int) -> jax.Array:
        """Returns ``count`` columns, the first of which is column ``x``: uint32[count, channels]."""
        first = jnp.asarray(x, jnp.int32) + RADIUS
        channels = self.words.shape[-1]
        if self.index is None:
            return jax.lax.dynamic_slice(self.words, (first, jnp.int32(0)), (count, channels))
        sliced = jax.lax.dynamic_slice(self.words, (self.index, first, jnp.int32(0)), (1, count, channels))
        # Without the barrier, jax 0.11.2 cannot compile an unbatched environment on a CPU: it fuses the slice
        # into a function that it then calls with the wrong number of arguments.
        return jax.lax.optimization_barrier(sliced[0])


def pack(cells: jax.Array, outside: jax.Array) -> BitPlanes:
    """Packs the cells of one level.

    Args:
        cells: bool[height, width, channels].
        outside: bool[channels], the channels that fill the border around the level.

    Raises:
        ValueError: the level has more than `MAX_HEIGHT` rows.
    """
    height, width, channels = cells.shape
    if height > MAX_HEIGHT:
        raise ValueError(f"a level has at most {MAX_HEIGHT} rows, this one has {height}")
    outside = jnp.broadcast_to(jnp.asarray(outside, bool), (32, width + 2 * RADIUS, channels))
    padded = jax.lax.dynamic_update_slice(outside, cells.astype(bool), (RADIUS, RADIUS, 0))
    weights = jnp.uint32(1) << jnp.arange(32, dtype=jnp.uint32)
    return BitPlanes(jnp.sum(padded * weights[:, None, None], axis=0, dtype=jnp.uint32))


def unpack(planes: BitPlanes, height: int, width: int) -> jax.Array:
    """Returns the cells of one level without its border: bool[height, width, channels]."""
    words = planes.columns(0, width)
    rows = jnp.arange(height, dtype=jnp.uint32) + RADIUS
    return ((words[None] >> rows[:, None, None]) & 1).astype(bool)


def filled(word: jax.Array, y: chex.Numeric) -> jax.Array:
    """Returns whether the cell in row ``y`` is filled: bool, in the shape of ``word`` (uint32 columns)."""
    return ((word >> (jnp.asarray(y) + RADIUS).astype(jnp.uint32)) & 1).astype(bool)


def window(planes: BitPlanes, x: chex.Numeric, y: chex.Numeric) -> jax.Array:
    """Returns the packed view around (x, y): uint16[VIEW, channels]; bit k is row ``y - RADIUS + k``."""
    words = planes.columns(jnp.asarray(x) - RADIUS, VIEW)
    return low_bits(words >> jnp.asarray(y).astype(jnp.uint32))


def spot(at: jax.Array, x: chex.Numeric, y: chex.Numeric) -> jax.Array:
    """Returns one channel of the packed view around (x, y), in which only one cell is filled: uint16[VIEW].

    Args:
        at: int32[2], column and row of the filled cell. Outside the view, it leaves the channel empty.
        x: column of the centre of the view.
        y: row of the centre of the view.
    """
    column, row = at[0] - x + RADIUS, at[1] - y + RADIUS
    bit = jnp.where((row >= 0) & (row < VIEW), jnp.uint32(1) << row.astype(jnp.uint32), 0)
    return jnp.where(jnp.arange(VIEW) == column, low_bits(bit), 0)


def low_bits(words: jax.Array) -> jax.Array:
    """Returns the lowest `VIEW` bits of uint32 words: uint16, in the shape of ``words``."""
    return (words & jnp.uint32((1 << VIEW) - 1)).astype(jnp.uint16)


def image(packed: jax.Array) -> jax.Array:
    """Unpacks views: uint16[..., VIEW, channels] to bool[..., VIEW (rows), VIEW (columns), channels]."""
    *batch, columns, channels = packed.shape
    words = packed.reshape(*batch, 1, columns * channels)
    # In two parts: a CPU writes whole rows at once only if the last two axes are split after the loop, and
    # XLA moves the split into the loop unless a concatenation stands between them.
    parts = [(words & _bits(rows)[:, None]) != 0 for rows in HALVES]
    return jnp.concatenate(parts, axis=-2).reshape(*batch, VIEW, columns, channels)


def rows_of(words: jax.Array, rows: np.ndarray) -> jax.Array:
    """Unpacks some rows of views into zeros and ones: uint16[words, batch] to float32[rows * words, batch].

    Args:
        words: packed views; the last axis is the batch. A word is one column of one channel, and the channels
            of a column follow each other.
        rows: int[rows], the rows of the view to unpack, counted from 0 at the top.
    """
    cells = (words & _bits(rows)[:, None, None]) != 0
    return cells.astype(jnp.float32).reshape(-1, words.shape[-1])


HALVES = np.split(np.arange(VIEW), [VIEW // 2])
"""The rows of a view, split into an upper and a lower half: two arrays of int."""


def _bits(rows: np.ndarray) -> jax.Array:
    """Returns the bit of each row in a packed view: uint16, in the shape of ``rows``."""
    return jnp.asarray(1 << rows, jnp.uint16)
