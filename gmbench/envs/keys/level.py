"""What a Keys & Chests level is: walls, and a few places with a key or a chest each."""

from __future__ import annotations

import jax
from flax import struct

from gmbench.envs.core.grid import BitPlanes

MOST_ITEMS = 32
"""Keys and chests together, as many as one word has bits."""


@struct.dataclass
class KeysLevel:
    """One level. Items are numbered, and a set of items is a word, bit i for item i.

    Attributes:
        cells: walls, the only channel.
        start: int32[2], (column, row) where the agent starts.
        places: int32[items, 2], (column, row) of each item; `gmbench.envs.core.boards.NOWHERE` for one that
            is not there.
        keys: uint32, which items are keys.
        chests: uint32, which items are chests. What is a key and what a chest is the cue that a shift
            changes; the places stay.
    """

    cells: BitPlanes
    start: jax.Array
    places: jax.Array
    keys: jax.Array
    chests: jax.Array

    def layout(self) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Walls, start and the places of the items."""
        return self.cells.words, self.start, self.places
