"""Pictures of whole levels for people: PIL images, which the host makes with the RGB renderer."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import numpy as np
from PIL import Image, ImageColor

from gmbench.envs.core.definition import EnvironmentDefinition
from gmbench.envs.core.rendering import TILE, render


class Mark(NamedTuple):
    """A cell to point out in a picture by a dashed outline.

    Attributes:
        column: column of the cell in the scene.
        row: row of the cell in the scene.
        colour: any colour that PIL knows.
    """

    column: int
    row: int
    colour: str = "#1b1b2f"


def scene_image(
    env: EnvironmentDefinition[Any, Any], level: Any, state: Any, scale: int = 1, marks: Iterable[Mark] = ()
) -> Image.Image:
    """Draws a whole level: ``scale * TILE`` pixels for each row and column of cells.

    Args:
        env: the environment.
        level: one of its levels, unbatched.
        state: one of its states, unbatched.
        scale: pixels of the picture for each pixel of a sprite, in each direction.
        marks: cells to point out. Marks are for people; they are not part of any observation.
    """
    picture = np.asarray(_scene_pixels(env, level, state))
    image = Image.fromarray(_outlined(picture, marks))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


@functools.partial(jax.jit, static_argnums=0)
def _scene_pixels(env: EnvironmentDefinition[Any, Any], level: Any, state: Any) -> jax.Array:
    return render(env.sprites, env.scene(level, state), env.position(state))


def _outlined(picture: np.ndarray, marks: Iterable[Mark]) -> np.ndarray:
    """Draws a dashed line around each marked cell, one pixel wide: uint8[height, width, 3]."""
    # The lines run around a cell, not inside it. So they can leave the picture, which gets a margin for them.
    framed = np.pad(picture, ((1, 1), (1, 1), (0, 0)))
    # Each side of the outline omits its last corner, so that all four sides are alike.
    dashes = np.nonzero(np.arange(TILE + 1) % 4 < 2)[0]
    for column, row, colour in marks:
        cell = framed[row * TILE :, column * TILE :][: TILE + 2, : TILE + 2]
        for side in (cell[0], cell[:, -1], cell[-1, ::-1], cell[::-1, 0]):
            side[dashes] = ImageColor.getcolor(colour, "RGB")
    return framed[1:-1, 1:-1]
