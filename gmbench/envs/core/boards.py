"""Boards: the levels of worlds that are seen from above, and their text format.

The text of a board is a drawing, with one line for each row of cells, and below the drawing a line
"name number" for each fact::

    #..a
    @#.b
    length 25
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.envs.core import grid
from gmbench.envs.core.grid import BitPlanes
from gmbench.envs.core.text import Legend, LevelError, only_place, read_cells

NOWHERE = -100
"""Column and row of a thing that is not there, or no longer there; it is outside of every view."""
WALL, FLOOR, AGENT = "#", ".", "@"
LARGEST_FACT = 2**31 - 1
"""The largest number that a fact can be."""
Cues = tuple[str | int, ...]
"""The parts of a board that a distribution shift changes, see `Board.cues`."""


@struct.dataclass
class Board:
    """One level of a world.

    Attributes:
        cells: the channels that do not change during an episode; the first channel is the walls.
        start: int32[2], (column, row) where the agent starts.
        places: int32[things, 2], (column, row) of each thing at the start; `NOWHERE` for a thing that is not
            there. The environment defines what each thing is.
        facts: int32[facts], numbers that do not belong to a cell, such as a seed. The environment names them.
        cues: the parts of the board that a shift changes; the other parts are the layout. A string names a
            field; ``"cells"`` means all channels but the walls. A number is an index of ``facts``.
    """

    cells: BitPlanes
    start: jax.Array
    places: jax.Array
    facts: jax.Array
    cues: Cues = struct.field(pytree_node=False, default=("places",))

    def layout(self) -> tuple[jax.Array, ...]:
        """Returns the arrays that two paired levels share."""
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
    """Makes a board from arrays.

    Args:
        still: the channels that do not change, bool[height, width] each, the walls first. Everything outside
            of the board is wall.
        start: int[2], (column, row) where the agent starts.
        places: int[things, 2], (column, row) of each thing, see `Board`.
        facts: integers, see `Board`.
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


class Symbol(NamedTuple):
    """What a symbol of a drawing stands for.

    Attributes:
        meaning: the meaning for people, in a few words.
        things: the things, as indices of ``Board.places``. Things with the same symbol are alike; they are
            numbered row by row.
        least: the smallest number of cells with the symbol.
    """

    meaning: str
    things: Sequence[int]
    least: int = 0


@dataclasses.dataclass(frozen=True)
class Notation:
    """The text format for the boards of one environment.

    Attributes:
        height: rows of the world.
        width: columns of the world.
        things: what each symbol stands for, in the order in which they are drawn.
        still: a symbol for each channel of ``Board.cells`` after the walls, and its meaning.
        together: maps a symbol to the two symbols that it replaces where both are in one cell.
        facts: the names of ``Board.facts`` and their meanings.
        cues: see `Board`.
    """

    height: int
    width: int
    things: Mapping[str, Symbol]
    still: Mapping[str, str] = dataclasses.field(default_factory=dict)
    together: Mapping[str, str] = dataclasses.field(default_factory=dict)
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cues: Cues = ("places",)

    @property
    def legend(self) -> Legend:
        """The meaning of all symbols that a drawing can have, and of all facts."""
        symbols = {WALL: "wall", FLOOR: "floor", AGENT: "the agent", **self.still}
        symbols |= {symbol: entry.meaning for symbol, entry in self.things.items()}
        symbols |= {
            both: " and ".join(symbols[part] for part in parts) for both, parts in self.together.items()
        }
        return Legend(symbols, self.facts)


def parse(text: str, notation: Notation) -> Board:
    """Reads a board. Everything outside the drawing is wall; facts that the text omits are 0.

    Raises:
        LevelError: the text does not follow the notation; the message says why.
    """
    drawing, facts = _split(text, tuple(notation.facts))
    symbols = read_cells(drawing, notation.height, notation.width, notation.legend.symbols, outside=WALL)
    count = 1 + max((index for entry in notation.things.values() for index in entry.things), default=-1)
    places = np.full((count, 2), NOWHERE, np.int32)
    for symbol, (_, indices, least) in notation.things.items():
        meaning = [symbol] + [both for both, parts in notation.together.items() if symbol in parts]
        found = np.argwhere(np.isin(symbols, meaning))[:, ::-1]
        if not least <= len(found) <= len(indices):
            wanted = f"{least}" if least == len(indices) else f"{least} to {len(indices)}"
            raise LevelError(f"the level has {len(found)} cells marked {symbol}; mark {wanted}")
        places[list(indices)[: len(found)]] = found
    return board(
        [jnp.asarray(symbols == symbol) for symbol in (WALL, *notation.still)],
        jnp.asarray(only_place(symbols, AGENT, "the agent's start")),
        jnp.asarray(places),
        [facts.get(name, 0) for name in notation.facts],
        notation.cues,
    )


def draw(level: Board, notation: Notation, agent: Any = None, places: Any = None) -> str:
    """Writes a board as text, without the rows at the top and the columns at the right that are only wall.

    Args:
        level: the board.
        notation: the text format.
        agent: column and row of the agent; its start if None.
        places: int[things, 2], (column, row) of each thing; as in the level if None.
    """
    cells = np.asarray(grid.unpack(level.cells, notation.height, notation.width))
    symbols = np.full(cells.shape[:2], FLOOR)
    for channel, symbol in enumerate((WALL, *notation.still)):
        symbols[cells[..., channel]] = symbol
    there = np.asarray(level.places if places is None else places)
    both = {frozenset(parts): symbol for symbol, parts in notation.together.items()}
    for symbol, entry in notation.things.items():
        for column, row in there[list(entry.things)].tolist():
            if column != NOWHERE:
                symbols[row, column] = both.get(frozenset((symbol, str(symbols[row, column]))), symbol)
    x, y = level.start if agent is None else agent
    symbols[int(y), int(x)] = AGENT
    rows, columns = np.nonzero(symbols != WALL)
    drawing = ["".join(row) for row in symbols[rows.min() :, : columns.max() + 1]]
    facts = [f"{name} {int(fact)}" for name, fact in zip(notation.facts, level.facts, strict=True)]
    return "\n".join(drawing + facts)


def _split(text: str, names: tuple[str, ...]) -> tuple[str, dict[str, int]]:
    """Splits the text of a board into the drawing and the facts, by name."""
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
