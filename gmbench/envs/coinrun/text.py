"""The text format of CoinRun levels; `LEGEND` has its symbols.

The symbol of an enemy is a hexadecimal digit. Its bit p says that an enemy is in this cell in patrol phase p:
``1a4`` is an enemy that walks to and fro over three cells, ``f`` is an enemy that stands still.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from gmbench.envs.coinrun.level import (
    CHANNELS,
    CRATE,
    ENEMY,
    HEIGHT,
    LAVA,
    PATROL_PHASES,
    SAW,
    WALL,
    WIDTH,
    CoinRunLevel,
)
from gmbench.envs.coinrun.physics import CoinRunState
from gmbench.envs.core import grid
from gmbench.envs.core.text import Legend, only_place, read_cells

STILL = {"#": WALL, "=": CRATE, "~": LAVA, "^": SAW}
ENEMIES = "0123456789abcdef"
LEGEND = Legend(
    {
        "#": "wall",
        "=": "crate",
        "~": "lava",
        "^": "saw",
        ".": "nothing",
        "@": "the agent",
        "o": "the coin",
        "G": "the end of the level",
        "O": "coin and end in one cell",
        ENEMIES[1:]: "an enemy in those of its 4 patrol phases whose bits the hexadecimal digit has",
    },
    {},
)
"""The meaning of every symbol."""


def parse(text: str) -> CoinRunLevel:
    """Reads a level from text. Everything outside the drawing is wall.

    Raises:
        LevelError: the text is no level; the message says why.
    """
    symbols = read_cells(text, HEIGHT, WIDTH, LEGEND.symbols, outside="#")
    cells = np.zeros((HEIGHT, WIDTH, CHANNELS), bool)
    for symbol, channel in STILL.items():
        cells[..., channel] = symbols == symbol
    for digit in range(1, len(ENEMIES)):
        for phase in range(PATROL_PHASES):
            if digit >> phase & 1:
                cells[..., ENEMY + phase] |= symbols == ENEMIES[digit]
    return CoinRunLevel(
        cells=grid.pack(jnp.asarray(cells), jnp.arange(CHANNELS) == WALL),
        start=jnp.asarray(only_place(symbols, "@", "the agent's start")),
        end=jnp.asarray(only_place(symbols, "GO", "the end of the level")),
        coin=jnp.asarray(only_place(symbols, "oO", "the coin's place")),
    )


def draw(level: CoinRunLevel, state: CoinRunState | None = None) -> str:
    """Writes a level as text, with the agent at its place in ``state``; at the start if that is None.

    The columns at the right that are only wall are left out; `parse` restores them.
    """
    cells = np.asarray(grid.unpack(level.cells, HEIGHT, WIDTH))
    symbols = np.full((HEIGHT, WIDTH), ".")
    for symbol, channel in STILL.items():
        symbols[cells[..., channel]] = symbol
    patrols = np.sum(cells[..., ENEMY:] << np.arange(PATROL_PHASES), axis=-1)
    symbols = np.where(patrols > 0, np.array(list(ENEMIES))[patrols], symbols)
    end, coin = np.asarray(level.end), np.asarray(level.coin)
    symbols[end[1], end[0]] = "G"
    symbols[coin[1], coin[0]] = "O" if (end == coin).all() else "o"
    x, y = level.start if state is None else (state.x, state.y)
    symbols[int(y), int(x)] = "@"
    last = int(np.nonzero((symbols != "#").any(axis=0))[0].max())
    return "\n".join("".join(row) for row in symbols[:, : last + 2])
