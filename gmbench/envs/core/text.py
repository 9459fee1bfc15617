"""Levels as text: the legend of symbols, the parser for a drawing of characters, and its error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gmbench.errors import UsageError


class Legend(NamedTuple):
    """What the text of a level means; it comes from the tables that the parser reads.

    Attributes:
        symbols: the meaning of each character of a drawing. Characters with one meaning share an entry, whose
            key has all of them.
        facts: the meaning of each line "name number" below a drawing, by its name.
    """

    symbols: Mapping[str, str]
    facts: Mapping[str, str]


class LevelError(UsageError):
    """The text is not a level of the environment; the message says why in one sentence."""


def counted(number: int, noun: str) -> str:
    """Returns a number with a regular noun, such as "1 key" and "2 keys"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def read_cells(text: str, height: int, width: int, symbols: Mapping[str, str], outside: str) -> np.ndarray:
    """Reads a drawing into an array of single characters: str[height, width].

    A drawing that is smaller than the array lies at the bottom left. Blank lines at the start and at the end
    are ignored, and so is common indentation.

    Args:
        text: the drawing, one line for each row of cells.
        height: rows of the array.
        width: columns of the array.
        symbols: the meanings of all characters that may occur in the drawing, see `Legend`.
        outside: the character that fills the cells outside the drawing.

    Raises:
        LevelError: the drawing is empty, too large or not a rectangle, or has an unknown character.
    """
    lines = [line.rstrip() for line in text.expandtabs().splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise LevelError("the level is empty; draw one line of characters for each row of cells")
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    lines = [line[indent:] for line in lines]
    _check(lines, height, width, symbols)
    cells = np.full((height, width), outside)
    cells[height - len(lines) :, : len(lines[0])] = [list(line) for line in lines]
    return cells


def _check(lines: list[str], height: int, width: int, symbols: Mapping[str, str]) -> None:
    if len(lines) > height or len(lines[0]) > width:
        raise LevelError(
            f"the level has {len(lines)} rows of {len(lines[0])} cells; "
            f"at most {height} rows of {width} cells are possible"
        )
    known = "".join(symbols)
    for row, line in enumerate(lines, start=1):
        unknown = next((symbol for symbol in line if symbol not in known), None)
        if unknown is not None:
            meanings = ", ".join(f"{symbol} ({meaning})" for symbol, meaning in symbols.items())
            raise LevelError(f"row {row} of the level holds {unknown!r}; the symbols are {meanings}")
        if len(line) != len(lines[0]):
            raise LevelError(
                f"row {row} of the level has {len(line)} cells and row 1 has {len(lines[0])}; "
                "make all rows equally long"
            )


def only_place(cells: np.ndarray, symbols: str, what: str) -> np.ndarray:
    """Returns the only cell whose character is among ``symbols``: int32[2], (column, row).

    Args:
        cells: str[height, width], from `read_cells`.
        symbols: the characters to look for.
        what: what the cell stands for; the error message names it.

    Raises:
        LevelError: no cell or several cells have such a character.
    """
    rows, columns = np.nonzero(np.isin(cells, list(symbols)))
    if len(rows) != 1:
        raise LevelError(
            f"the level has {len(rows)} cells marked {' or '.join(symbols)}; mark exactly one as {what}"
        )
    return np.array([columns[0], rows[0]], np.int32)
