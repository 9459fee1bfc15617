"""Levels as text: reading a block of characters, and the error that names what is wrong with one."""

from __future__ import annotations

import numpy as np

from gmbench.errors import UsageError


class LevelError(UsageError):
    """A text that is no level; the message says why in one sentence."""


def read_cells(text: str, height: int, width: int, symbols: str, outside: str) -> np.ndarray:
    """Reads a drawing into an array of single characters, str[height, width].

    A smaller drawing lies at the bottom left; the cells outside it are ``outside``. Blank lines before and
    after are dropped, and common indentation.

    Args:
        text: one line for each row of cells.
        height: rows of the array.
        width: columns of the array.
        symbols: every character that may occur.
        outside: the character that fills the rest.

    Raises:
        LevelError: an unknown character, an empty drawing, one that is too large or not a rectangle.
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


def _check(lines: list[str], height: int, width: int, symbols: str) -> None:
    if len(lines) > height or len(lines[0]) > width:
        raise LevelError(
            f"the level has {len(lines)} rows of {len(lines[0])} cells; "
            f"at most {height} rows of {width} cells are possible"
        )
    for row, line in enumerate(lines, start=1):
        unknown = next((symbol for symbol in line if symbol not in symbols), None)
        if unknown is not None:
            raise LevelError(
                f"row {row} of the level holds {unknown!r}; the symbols are {' '.join(sorted(symbols))}"
            )
        if len(line) != len(lines[0]):
            raise LevelError(
                f"row {row} of the level has {len(line)} cells and row 1 has {len(lines[0])}; "
                "make all rows equally long"
            )


def only_place(cells: np.ndarray, symbols: str, what: str) -> np.ndarray:
    """The one place, int32[2] (column, row), whose character is among ``symbols``.

    Raises:
        LevelError: there is no such place, or there are several.
    """
    rows, columns = np.nonzero(np.isin(cells, list(symbols)))
    if len(rows) != 1:
        raise LevelError(
            f"the level has {len(rows)} cells marked {' or '.join(symbols)}; mark exactly one as {what}"
        )
    return np.array([columns[0], rows[0]], np.int32)
