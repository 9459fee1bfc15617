"""Boards: the levels of all worlds that are seen from above, and how they are written as text.

A board is a drawing, one line for each row of cells, and below it a line "name number" for each fact::

    #..a
    @#.b
    length 25
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.envs.core import grid
from gmbench.envs.core.grid import BitPlanes
from gmbench.envs.core.text import LevelError, only_place, read_cells

NOWHERE = -100
"""Column and row of a thing that a level does not have, or no longer has: beyond every view."""
WALL, FLOOR, AGENT = "#", ".", "@"
LARGEST_FACT = 2**31 - 1
Cues = tuple[str | int, ...]
"""What a shift changes of a board, see `Board`."""


@struct.dataclass
class Board:
    """One level of a world.

    Attributes:
        cells: what stands still, walls first.
        start: int32[2], (column, row) where the agent starts.
        places: int32[things, 2], (column, row) of each thing; `NOWHERE` for one that is not there. What thing
            i is, the environment says.
        facts: int32[facts], numbers that have no place, such as a seed. The environment names them.
        cues: the fields that a shift changes, of ``cells`` all but the walls; a number stands for that one of
            the facts. The others are the layout.
    """

    cells: BitPlanes
    start: jax.Array
    places: jax.Array
    facts: jax.Array
    cues: Cues = struct.field(pytree_node=False, default=("places",))

    def layout(self) -> tuple[jax.Array, ...]:
        """All that twins have in common."""
        words = self.cells.words[..., :1] if "cells" in self.cues else self.cells.words
        others = [getattr(self, name) for name in ("places", "facts") if name not in self.cues]
        if any(isinstance(cue, int) for cue in self.cues):
            kept = [index for index in range(self.facts.shape[-1]) if index not in self.cues]
            others[-1] = self.facts[..., np.array(kept, int)]
        return words, self.start, *others


def board(
    still: Sequence[jax.Array],
    start: jax.Array,
    places: jax.Array,
    facts: Sequence[Any] = (),
    cues: Cues = ("places",),
) -> Board:
    """Makes a board.

    Args:
        still: bool[height, width] each, the walls first; outside of them there is wall alone.
        start: (column, row).
        places: [things, 2], see `Board`.
        facts: numbers.
        cues: see `Board`.
    """
    outside = jnp.arange(len(still)) == 0
    numbers = [jnp.asarray(fact, jnp.int32) for fact in facts]
    return Board(
        cells=grid.pack(jnp.stack(list(still), axis=-1), outside),
        start=jnp.asarray(start, jnp.int32),
        places=jnp.asarray(places, jnp.int32).reshape(-1, 2),
        facts=jnp.stack(numbers) if numbers else jnp.zeros(0, jnp.int32),
        cues=cues,
    )


@dataclasses.dataclass(frozen=True)
class Notation:
    """How the boards of an environment are written.

    Attributes:
        height: rows of the world.
        width: columns.
        things: for each symbol, the things that it stands for: their indices in ``Board.places``. Things of
            one symbol are alike; they are numbered row by row.
        still: a symbol for each channel of ``Board.cells`` after the walls.
        together: a symbol for two others in one cell.
        facts: the names of ``Board.facts``.
        least: how many of a symbol there must be, where there must be any.
        cues: see `Board`.
    """

    height: int
    width: int
    things: Mapping[str, Sequence[int]]
    still: str = ""
    together: Mapping[str, str] = dataclasses.field(default_factory=dict)
    facts: tuple[str, ...] = ()
    least: Mapping[str, int] = dataclasses.field(default_factory=dict)
    cues: Cues = ("places",)

    @property
    def symbols(self) -> str:
        """All of them."""
        return "".join((WALL, FLOOR, AGENT, self.still, *self.things, *self.together))


def parse(text: str, notation: Notation) -> Board:
    """Reads a board; everything outside the drawing is wall. Facts that are not given are 0.

    Raises:
        LevelError: the text is no such board; the message says why.
    """
    drawing, facts = _split(text, notation.facts)
    symbols = read_cells(drawing, notation.height, notation.width, notation.symbols, outside=WALL)
    count = 1 + max((index for indices in notation.things.values() for index in indices), default=-1)
    places = np.full((count, 2), NOWHERE, np.int32)
    for symbol, indices in notation.things.items():
        meaning = [symbol] + [both for both, parts in notation.together.items() if symbol in parts]
        found = np.argwhere(np.isin(symbols, meaning))[:, ::-1]
        least = notation.least.get(symbol, 0)
        if not least <= len(found) <= len(indices):
            wanted = f"{least}" if least == len(indices) else f"{least} to {len(indices)}"
            raise LevelError(f"the level has {len(found)} cells marked {symbol}; mark {wanted}")
        places[list(indices)[: len(found)]] = found
    return board(
        [jnp.asarray(symbols == symbol) for symbol in WALL + notation.still],
        jnp.asarray(only_place(symbols, AGENT, "the agent's start")),
        jnp.asarray(places),
        [facts.get(name, 0) for name in notation.facts],
        notation.cues,
    )


def draw(level: Board, notation: Notation, agent: Any = None, places: Any = None) -> str:
    """Writes a board; rows and columns of plain wall at the top and at the right are left out.

    Args:
        level: to be drawn.
        notation: how.
        agent: column and row of the agent, instead of its start.
        places: int[things, 2], where the things are now, instead of at the start.
    """
    cells = np.asarray(grid.unpack(level.cells, notation.height, notation.width))
    symbols = np.full(cells.shape[:2], FLOOR)
    for channel, symbol in enumerate(WALL + notation.still):
        symbols[cells[..., channel]] = symbol
    there = np.asarray(level.places if places is None else places)
    both = {frozenset(parts): symbol for symbol, parts in notation.together.items()}
    for symbol, indices in notation.things.items():
        for column, row in there[list(indices)].tolist():
            if column != NOWHERE:
                symbols[row, column] = both.get(frozenset((symbol, str(symbols[row, column]))), symbol)
    x, y = level.start if agent is None else agent
    symbols[int(y), int(x)] = AGENT
    rows, columns = np.nonzero(symbols != WALL)
    drawing = ["".join(row) for row in symbols[rows.min() :, : columns.max() + 1]]
    facts = [f"{name} {int(fact)}" for name, fact in zip(notation.facts, level.facts, strict=True)]
    return "\n".join(drawing + facts)


def _split(text: str, names: tuple[str, ...]) -> tuple[str, dict[str, int]]:
    """The drawing, and the facts below it."""
    drawing, facts = [], {}
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] not in names:
            drawing.append(line)
            continue
        if len(words) != 2 or not words[1].isdigit() or int(words[1]) > LARGEST_FACT:
            raise LevelError(f"the line {line.strip()!r} should be {words[0]} and a number from 0 up")
        facts[words[0]] = int(words[1])
    return "\n".join(drawing), facts
