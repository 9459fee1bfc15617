"""Helpers for pixel art: tiles with edges, and edges made from other drawings."""

from __future__ import annotations

from collections.abc import Mapping

from gmbench.envs.core.rendering import TILE, Sprite, pixels

BLANK = "." * TILE + "\n"
"""A transparent row."""


def bordered(
    tile: str,
    palette: Mapping[str, str],
    *,
    left: str,
    right: str,
    below: str,
    above: str,
    joins: tuple[str, ...] = (),
) -> Sprite:
    """A tile with an edge drawn over it at every open side; see `gmbench.envs.core.rendering.Sprite`.

    Args:
        tile: drawing of the whole cell; this and the edges are read by `gmbench.envs.core.rendering.pixels`.
        palette: a colour for each character.
        left: drawing of the left edge.
        right: drawing of the right edge.
        below: drawing of the lower edge.
        above: drawing of the upper edge.
        joins: names of other channels that close a side.
    """
    return Sprite(
        pixels(tile, palette),
        left=pixels(left, palette),
        right=pixels(right, palette),
        below=pixels(below, palette),
        above=pixels(above, palette),
        joins=joins,
    )


def mirror(left: str) -> str:
    """Makes the drawing of a right edge from that of a left edge."""
    return "\n".join("." * (TILE - len(row)) + row[::-1] for row in left.split())


def move_to_bottom(rows: str) -> str:
    """Moves a drawing of few rows from the top of a tile to the bottom."""
    return BLANK * (TILE - len(rows.split())) + "\n".join(rows.split())
