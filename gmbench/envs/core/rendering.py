"""The RGB renderer: tiles laid over the same planes that make the symbolic observation.

A picture is a function of the planes and of the agent's place, and of nothing else, so that an agent that
sees pixels is told what one that sees planes is told. Every environment brings its own `Sprites`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jax.typing import ArrayLike
from PIL import Image, ImageColor

from gmbench.envs.core.grid import RADIUS

if TYPE_CHECKING:
    from gmbench.envs.core.environment import Environment

TILE = 16
"""Rows and columns of pixels of a cell."""


@dataclasses.dataclass(frozen=True)
class Sprite:
    """How one channel looks: a tile, and what is drawn over it at a side where the channel ends.

    A side is open where the neighbour has neither this channel nor one that it joins. So ground grows
    grass where nothing lies on it. Beyond the picture everything goes on as at its edge.

    Attributes:
        tile: uint8[TILE, TILE, 4], RGBA.
        left: uint8[TILE, TILE, 4], laid over the tile where the left side is open; None for nothing.
        right: the same for the right side.
        below: the same for the lower side.
        above: the same for the upper side; drawn last.
        joins: names of other channels that close a side.
    """

    tile: np.ndarray
    left: np.ndarray | None = None
    right: np.ndarray | None = None
    below: np.ndarray | None = None
    above: np.ndarray | None = None
    joins: tuple[str, ...] = ()


@struct.dataclass
class Sprites:
    """All that an environment is drawn with; `assemble` makes it.

    Attributes:
        tiles: uint8[channels, 16, TILE, TILE, 4], RGBA; the second axis is the set of open sides, as the
            sum of 1 for left, 2 for right, 4 for below and 8 for above.
        joined: bool[channels, channels], whether a neighbour of the second channel closes a side of the
            first.
        agent: uint8[TILE, TILE, 4], RGBA.
        background: uint8[TILE, TILE, 3], RGB, behind every cell. It is the same in every cell, since a view
            does not tell the place in the level.
    """

    tiles: np.ndarray
    joined: np.ndarray
    agent: np.ndarray
    background: np.ndarray


def pixels(drawing: str, palette: Mapping[str, str]) -> np.ndarray:
    """Reads pixel art: uint8[TILE, TILE, 4], RGBA.

    Args:
        drawing: lines of characters; rows and columns that are missing at the bottom and at the right are
            transparent, and so is ".".
        palette: a colour for each character, as "#rrggbb" or "#rrggbbaa".
    """
    tile = np.zeros((TILE, TILE, 4), np.uint8)
    for row, line in enumerate(drawing.split()):
        for column, symbol in enumerate(line):
            if symbol != ".":
                tile[row, column] = ImageColor.getcolor(palette[symbol], "RGBA")
    return tile


def plain(colour: str) -> np.ndarray:
    """A tile of one colour, given as "#rrggbb": uint8[TILE, TILE, 3]."""
    return np.full((TILE, TILE, 3), ImageColor.getcolor(colour, "RGB"), np.uint8)


def assemble(sprites: Mapping[str, Sprite], agent: np.ndarray, background: np.ndarray) -> Sprites:
    """Makes the sprites of an environment.

    Args:
        sprites: one for each channel, by name, in the order of the channels; later ones cover earlier ones.
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
    """The tile for every set of open sides: uint8[16, TILE, TILE, 4]."""
    variants = []
    for sides in range(16):
        tile = Image.fromarray(sprite.tile)
        for bit, edge in enumerate((sprite.left, sprite.right, sprite.below, sprite.above)):
            if edge is not None and sides >> bit & 1:
                tile.alpha_composite(Image.fromarray(edge))
        variants.append(np.asarray(tile))
    return np.stack(variants)


def render(sprites: Sprites, planes: jax.Array, agent: tuple[ArrayLike, ArrayLike]) -> jax.Array:
    """Draws planes and the agent: uint8[rows * TILE, columns * TILE, 3]. Pure, for jit and vmap.

    Args:
        sprites: one for each channel.
        planes: bool[rows, columns, channels], a view or a scene.
        agent: int, column and row of the agent; the centre of a view.
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
    # A loop at run time: unrolled, all layers' tiles would be in memory at once, for every view of a batch.
    cells, _ = jax.lax.scan(lay, cells, layers)
    column, row = agent
    cells = cells.at[row, column].set(_blend(cells[row, column], jnp.asarray(sprites.agent)))
    height, width = sprites.background.shape[:2]
    return cells.swapaxes(1, 2).reshape(rows * height, columns * width, 3)


def _open_sides(planes: jax.Array, joined: np.ndarray) -> jax.Array:
    """The open sides of every cell, coded as in `Sprites`: uint8[rows, columns, channels]."""
    closing = jnp.any(planes[..., None, :] & joined, axis=-1)
    around = jnp.pad(closing, ((1, 1), (1, 1), (0, 0)), mode="edge")
    left, right = around[1:-1, :-2], around[1:-1, 2:]
    above, below = around[:-2, 1:-1], around[2:, 1:-1]
    open_sides = ~jnp.stack((left, right, below, above), axis=-1)
    return jnp.packbits(open_sides, axis=-1, bitorder="little")[..., 0]


def _blend(under: jax.Array, over: jax.Array) -> jax.Array:
    """RGBA over RGB, rounded: uint8[..., 3]."""
    alpha = over[..., 3:].astype(jnp.uint16)
    # At most 255 * 255 + 127, which fits in 16 bits.
    mixed = over[..., :3] * alpha + under * (255 - alpha) + 127
    return (mixed // 255).astype(jnp.uint8)


# Pictures, on the host.


class Mark(NamedTuple):
    """A cell to point out in a picture, with a dashed outline around it.

    Attributes:
        column: of the scene.
        row: of the scene.
        colour: any colour that PIL knows.
    """

    column: int
    row: int
    colour: str = "#1b1b2f"


def scene_image(
    env: Environment[Any, Any], level: Any, state: Any, scale: int = 1, marks: Iterable[Mark] = ()
) -> Image.Image:
    """A picture of a whole level, ``scale * TILE`` pixels to a cell.

    Args:
        env: the environment.
        level: one of its levels.
        state: one of its states, unbatched.
        scale: pixels of the picture for one of a sprite, in each direction.
        marks: cells to point out; no agent sees them.
    """
    picture = np.asarray(_scene_pixels(env, level, state))
    return _enlarged(_outlined(picture, marks), scale)


def view_image(env: Environment[Any, Any], level: Any, state: Any, scale: int = 1) -> Image.Image:
    """A picture of what the agent sees, ``scale * TILE`` pixels to a cell; arguments as in `scene_image`."""
    return _enlarged(np.asarray(_view_pixels(env, level, state)), scale)


@functools.partial(jax.jit, static_argnums=0)
def _scene_pixels(env: Environment[Any, Any], level: Any, state: Any) -> jax.Array:
    return render(env.sprites, env.scene(level, state), env.position(state))


@functools.partial(jax.jit, static_argnums=0)
def _view_pixels(env: Environment[Any, Any], level: Any, state: Any) -> jax.Array:
    return render(env.sprites, env.view(level, state), (RADIUS, RADIUS))


def _enlarged(picture: np.ndarray, scale: int) -> Image.Image:
    image = Image.fromarray(picture)
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def _outlined(picture: np.ndarray, marks: Iterable[Mark]) -> np.ndarray:
    """The picture with dashes around the marked cells, one pixel wide; both uint8[height, width, 3]."""
    # The dashes lie outside the cell, to leave its content alone, so they may lie outside the picture.
    framed = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    # Along a side without its last corner, so that all four sides are alike.
    dashes = np.nonzero(np.arange(TILE + 1) % 4 < 2)[0]
    for column, row, colour in marks:
        cell = framed[row * TILE :, column * TILE :][: TILE + 2, : TILE + 2]
        for side in (cell[0], cell[:, -1], cell[-1, ::-1], cell[::-1, 0]):
            side[dashes] = ImageColor.getcolor(colour, "RGB")
    return framed[1:-1, 1:-1]
