"""The Keys & Chests level: walls, and a few cells with a key or a chest each."""

from __future__ import annotations

import jax
from flax import struct

from gmbench.envs.core.grid import BitPlanes

MOST_ITEMS = 32
"""The largest number of keys and chests together: the bits of a uint32."""


@struct.dataclass
class KeysLevel:
    """One level. Its items are numbered; a set of items is a uint32 with bit i set for item i.

    Attributes:
        cells: walls, the only channel.
        start: int32[2], (column, row) where the agent starts.
        places: int32[items, 2], (column, row) of each item; `gmbench.envs.core.boards.NOWHERE` for an item
            that is not there.
        keys: uint32, the set of the items that are keys.
        chests: uint32, the set of the items that are chests. A shift changes ``keys`` and ``chests``, and
            nothing else.
    """

    cells: BitPlanes
    start: jax.Array
    places: jax.Array
    keys: jax.Array
    chests: jax.Array

    def layout(self) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Returns the arrays that two paired levels share: walls, start and the places of the items."""
        return self.cells.words, self.start, self.places
