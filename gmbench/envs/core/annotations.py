"""Annotations: what is drawn over a picture for people, such as a dashed outline around a cell or an arrow.

No observation has them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from gmbench.envs.core.rendering import TILE

INK, HALO = "#1b1b2f", "#ffffff"
"""Colour of lines, and of the light edges that make them visible on any ground."""


APART = 8
"""Distance of the ends of an arrow from the centres of their cells, in pixels of a sprite."""


class Mark(NamedTuple):
    """A cell to point out by a dashed outline.

    Attributes:
        column: column of the cell in the scene.
        row: row of the cell in the scene.
        colour: any colour that PIL knows.
        meaning: what the outline says, in a few words, for the legend of the picture.
    """

    column: int
    row: int
    colour: str = INK
    meaning: str = ""


class Stamp(NamedTuple):
    """A tile that replaces what the picture shows in a cell.

    Attributes:
        column: column of the cell in the scene.
        row: row of the cell in the scene.
        tile: uint8[TILE, TILE, 4], RGBA.
        meaning: see `Mark`.
    """

    column: int
    row: int
    tile: np.ndarray
    meaning: str = ""


class Arrow(NamedTuple):
    """An arrow from the centre of a cell to that of another.

    Attributes:
        begin: column and row of the first cell in the scene.
        end: column and row of the last cell.
        both: whether the arrow has a head at both ends.
        meaning: see `Mark`.
    """

    begin: tuple[int, int]
    end: tuple[int, int]
    both: bool = False
    meaning: str = ""


class Dot(NamedTuple):
    """A dot in the centre of a cell, such as one that the agent passed.

    Attributes:
        column: column of the cell in the scene.
        row: row of the cell in the scene.
        meaning: see `Mark`.
    """

    column: int
    row: int
    meaning: str = ""


Annotation = Mark | Stamp | Arrow | Dot


def annotate(picture: np.ndarray, annotations: Iterable[Annotation], scale: int) -> Image.Image:
    """Enlarges a picture and draws annotations over it.

    Args:
        picture: uint8[rows, columns, 3], with `TILE` pixels for each row and column of cells.
        annotations: what to draw, in this order within each kind.
        scale: pixels of the result for each pixel of ``picture``, in each direction.
    """
    annotations = list(annotations)
    stamped = _stamped(picture, [one for one in annotations if isinstance(one, Stamp)])
    image = Image.fromarray(_outlined(stamped, [one for one in annotations if isinstance(one, Mark)]))
    image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(image)
    for one in annotations:
        if isinstance(one, Dot):
            _draw_dot(pen, one, scale)
        elif isinstance(one, Arrow):
            _draw_arrow(pen, one, scale)
    return image


def _stamped(picture: np.ndarray, stamps: Sequence[Stamp]) -> np.ndarray:
    """Lays tiles over the cells of a picture: uint8[height, width, 3]."""
    image = Image.fromarray(picture).convert("RGBA")
    for stamp in stamps:
        image.alpha_composite(Image.fromarray(stamp.tile), (stamp.column * TILE, stamp.row * TILE))
    return np.asarray(image.convert("RGB"))


def _outlined(picture: np.ndarray, marks: Iterable[Mark]) -> np.ndarray:
    """Draws a dashed line around each marked cell, one pixel wide: uint8[height, width, 3]."""
    # The lines run around a cell, not inside it. So they can leave the picture, which gets a margin for them.
    framed = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    # Each side of the outline omits its last corner, so that all four sides are alike.
    dashed = np.arange(TILE + 1) % 4 < 2
    for mark in marks:
        cell = framed[mark.row * TILE :, mark.column * TILE :][: TILE + 2, : TILE + 2]
        for side in (cell[0], cell[:, -1], cell[-1, ::-1], cell[::-1, 0]):
            side[: TILE + 1][dashed] = ImageColor.getcolor(mark.colour, "RGB")
            side[: TILE + 1][~dashed] = ImageColor.getcolor(HALO, "RGB")
    return framed[1:-1, 1:-1]


def _centre(column: int, row: int, scale: int) -> np.ndarray:
    return (np.array([column, row]) + 0.5) * TILE * scale


def _draw_dot(pen: ImageDraw.ImageDraw, dot: Dot, scale: int) -> None:
    x, y = _centre(dot.column, dot.row, scale)
    for colour, radius in ((HALO, 2.5 * scale), (INK, 1.5 * scale)):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _draw_arrow(pen: ImageDraw.ImageDraw, arrow: Arrow, scale: int) -> None:
    """Draws an arrow with a light edge; its ends keep a distance from the centres of their cells."""
    begin, end = _centre(*arrow.begin, scale), _centre(*arrow.end, scale)
    along = (end - begin) / math.hypot(*(end - begin))
    across = np.array([-along[1], along[0]])
    begin, end = begin + APART * scale * along, end - APART * scale * along
    for colour, edge in ((HALO, scale), (INK, 0)):
        pen.line([*begin, *end], fill=colour, width=2 * scale + 2 * edge)
        heads = [(end, along)] + ([(begin, -along)] if arrow.both else [])
        for tip, way in heads:
            base = tip - 6 * scale * way
            width = (3.5 * scale + 1.5 * edge) * across
            corners = (tip + 2 * edge * way, base + width - edge * way, base - width - edge * way)
            pen.polygon([tuple(corner) for corner in corners], fill=colour)
