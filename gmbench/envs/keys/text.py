"""The text format of Keys & Chests levels; `LEGEND` has its symbols."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from gmbench.envs.core import grid
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.core.text import Legend, LevelError, only_place, read_cells
from gmbench.envs.keys.level import MOST_ITEMS, KeysLevel

KEY, CHEST = "k", "c"
LEGEND = Legend({"#": "wall", ".": "floor", "@": "the agent", KEY: "a key", CHEST: "a chest"}, {})
"""The meaning of every symbol."""


def parse(text: str) -> KeysLevel:
    """Reads a level from text. Everything outside the drawing is wall.

    The items are numbered row by row, the keys before the chests.

    Raises:
        LevelError: the text is no level; the message says why.
    """
    symbols = read_cells(text, SIZE, SIZE, LEGEND.symbols, outside="#")
    keys, chests = (np.argwhere(symbols == kind)[:, ::-1] for kind in (KEY, CHEST))
    if not len(keys) or not len(chests):
        raise LevelError(
            f"the level has {len(keys)} keys and {len(chests)} chests; draw at least one of each"
        )
    items = len(keys) + len(chests)
    if items > MOST_ITEMS:
        raise LevelError(f"the level has {items} keys and chests; at most {MOST_ITEMS} are possible")
    every, first = (np.uint32((1 << count) - 1) for count in (items, len(keys)))
    return KeysLevel(
        cells=grid.pack(jnp.asarray(symbols == "#")[..., None], jnp.ones(1, bool)),
        start=jnp.asarray(only_place(symbols, "@", "the agent's start")),
        places=jnp.asarray(np.concatenate((keys, chests)), jnp.int32),
        keys=jnp.asarray(first),
        chests=jnp.asarray(every & ~first),
    )


def draw(level: KeysLevel, agent: Any = None, taken: Any = 0) -> str:
    """Writes a level as text, without the rows at the top and the columns at the right that are only wall.

    Args:
        level: the level.
        agent: column and row of the agent; its start if None.
        taken: the set of the items that are no longer there.
    """
    symbols = np.where(np.asarray(grid.unpack(level.cells, SIZE, SIZE))[..., 0], "#", ".")
    for kind, items in ((KEY, level.keys), (CHEST, level.chests)):
        left = int(items) & ~int(taken)
        for column, row in (place for item, place in enumerate(level.places.tolist()) if left >> item & 1):
            symbols[row, column] = kind
    x, y = level.start if agent is None else agent
    symbols[int(y), int(x)] = "@"
    rows, columns = np.nonzero(symbols != "#")
    return "\n".join("".join(row) for row in symbols[rows.min() :, : columns.max() + 1])
