"""The RGB renderer: it lays tiles over the same planes that make the symbolic observation.

A picture is a function of the planes and of the agent's place alone, so an agent that sees pixels gets the
same information as one that sees planes. Every environment has its own `Sprites`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jax.typing import ArrayLike
from PIL import Image, ImageColor

TILE = 16
"""Rows and columns of pixels in a tile, the picture of one cell."""


@dataclasses.dataclass(frozen=True)
class Sprite:
    """The look of one channel: a tile, and edges that are drawn over it at its open sides.

    A side of a cell is open where the neighbouring cell has neither this channel nor one that this channel
    joins. Ground, for example, has grass where nothing lies on it. Cells beyond the picture count as equal to
    the cells at its edge.

    Attributes:
        tile: uint8[TILE, TILE, 4], RGBA.
        left: uint8[TILE, TILE, 4], RGBA, drawn over the tile where the left side is open; None for nothing.
        right: the same for the right side.
        below: the same for the lower side.
        above: the same for the upper side; it is drawn last.
        joins: names of the other channels that close a side.
    """

    tile: np.ndarray
    left: np.ndarray | None = None
    right: np.ndarray | None = None
    below: np.ndarray | None = None
    above: np.ndarray | None = None
    joins: tuple[str, ...] = ()


@struct.dataclass
class Sprites:
    """All tiles of an environment; `assemble` makes them.

    Attributes:
        tiles: uint8[channels, 16, TILE, TILE, 4], RGBA. The second axis is the set of open sides, coded as
            the sum of 1 for left, 2 for right, 4 for below and 8 for above.
        joined: bool[channels, channels], whether a neighbour that has the second channel closes a side of
            the first.
        agent: uint8[TILE, TILE, 4], RGBA.
        background: uint8[TILE, TILE, 3], RGB, drawn behind every cell. It is the same in every cell because
            a view must not show where in the level the agent is.
    """

    tiles: np.ndarray
    joined: np.ndarray
    agent: np.ndarray
    background: np.ndarray


def pixels(drawing: str, palette: Mapping[str, str]) -> np.ndarray:
    """Reads pixel art and returns a tile: uint8[TILE, TILE, 4], RGBA.

    Args:
        drawing: lines of characters, one character for each pixel. The character "." is transparent, and so
            are rows and columns that are missing at the bottom and at the right.
        palette: a colour for each character, as "#rrggbb" or "#rrggbbaa".
    """
    tile = np.zeros((TILE, TILE, 4), np.uint8)
    for row, line in enumerate(drawing.split()):
        for column, symbol in enumerate(line):
            if symbol != ".":
                tile[row, column] = ImageColor.getcolor(palette[symbol], "RGBA")
    return tile


def plain(colour: str) -> np.ndarray:
    """Returns a tile of one colour, which is given as "#rrggbb": uint8[TILE, TILE, 3]."""
    return np.full((TILE, TILE, 3), ImageColor.getcolor(colour, "RGB"), np.uint8)


def assemble(sprites: Mapping[str, Sprite], agent: np.ndarray, background: np.ndarray) -> Sprites:
    """Makes the `Sprites` of an environment.

    Args:
        sprites: a sprite for each channel, by the name of the channel, in the order of the channels. Later
            channels cover earlier ones.
        agent: uint8[TILE, TILE, 4], RGBA.
        background: uint8[TILE, TILE, 3], RGB.
    """
    names = list(sprites)
    joined = np.eye(len(names), dtype=bool)
    for row, sprite in enumerate(sprites.values()):
        joined[row, [names.index(name) for name in sprite.joins]] = True
    tiles = np.stack([_variants(sprite) for sprite in sprites.values()])
    return Sprites(tiles=tiles, joined=joined, agent=agent, background=background)


def _variants(sprite: Sprite) -> np.ndarray:
    """Returns the tile for every set of open sides: uint8[16, TILE, TILE, 4]."""
    variants = []
    for sides in range(16):
        tile = Image.fromarray(sprite.tile)
        for bit, edge in enumerate((sprite.left, sprite.right, sprite.below, sprite.above)):
            if edge is not None and sides >> bit & 1:
                tile.alpha_composite(Image.fromarray(edge))
        variants.append(np.asarray(tile))
    return np.stack(variants)


def render(sprites: Sprites, planes: jax.Array, agent: tuple[ArrayLike, ArrayLike]) -> jax.Array:
    """Draws planes and the agent: uint8[rows * TILE, columns * TILE, 3], RGB. Works under jit and vmap.

    Args:
        sprites: the tiles, with one entry for each channel.
        planes: bool[rows, columns, channels], a view or a scene.
        agent: column and row of the agent, int; in a view the agent is in the centre.

    Raises:
        ValueError: the planes and the sprites have different numbers of channels.
    """
    rows, columns, channels = planes.shape
    if channels != len(sprites.tiles):
        raise ValueError(f"there are {len(sprites.tiles)} sprites for {channels} channels")
    sides = _open_sides(planes, sprites.joined)

    def lay(cells: jax.Array, channel: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        tiles, side, filled = channel
        return jnp.where(filled[..., None, None, None], _blend(cells, tiles[side]), cells), None

    cells = jnp.broadcast_to(sprites.background, (rows, columns, *sprites.background.shape))
    layers = (jnp.asarray(sprites.tiles), jnp.moveaxis(sides, -1, 0), jnp.moveaxis(planes, -1, 0))
    # A scan, because an unrolled loop would hold the tiles of all layers of every view of a batch in memory.
    cells, _ = jax.lax.scan(lay, cells, layers)
    column, row = agent
    cells = cells.at[row, column].set(_blend(cells[row, column], jnp.asarray(sprites.agent)))
    height, width = sprites.background.shape[:2]
    return cells.swapaxes(1, 2).reshape(rows * height, columns * width, 3)


def _open_sides(planes: jax.Array, joined: np.ndarray) -> jax.Array:
    """Returns the open sides of every cell, coded as in `Sprites`: uint8[rows, columns, channels]."""
    closing = jnp.any(planes[..., None, :] & joined, axis=-1)
    around = jnp.pad(closing, ((1, 1), (1, 1), (0, 0)), mode="edge")
    left, right = around[1:-1, :-2], around[1:-1, 2:]
    above, below = around[:-2, 1:-1], around[2:, 1:-1]
    open_sides = ~jnp.stack((left, right, below, above), axis=-1)
    return jnp.packbits(open_sides, axis=-1, bitorder="little")[..., 0]


def _blend(under: jax.Array, over: jax.Array) -> jax.Array:
    """Blends RGBA over RGB and rounds: uint8[..., 3]."""
    alpha = over[..., 3:].astype(jnp.uint16)
    # At most 255 * 255 + 127, which fits in 16 bits.
    mixed = over[..., :3] * alpha + under * (255 - alpha) + 127
    return (mixed // 255).astype(jnp.uint8)
