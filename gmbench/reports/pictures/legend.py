"""The legend of a picture: every tile and every annotation, with its meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image

from gmbench.envs.core.annotations import Annotation, Arrow, Mark, annotate
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.rendering import TILE

GROUND = "wall"
"""The channel that needs no entry."""


def legend_entries(
    env: Environment[Any, Any],
    shown: Iterable[tuple[Any, Any]],
    font_size: int,
    extra: Iterable[Annotation] = (),
) -> list[tuple[Image.Image, str]]:
    """Returns a small picture and a meaning for the agent, each channel and each annotation.

    Channels with the same tile, such as copies of a channel, share an entry.

    Args:
        env: the environment.
        shown: the levels and states that are shown, whose annotations are explained.
        font_size: of the legend in pixels; the pictures are a little higher than a line of text.
        extra: annotations that are drawn besides those of the environment.
    """
    scale = max(1, round(1.4 * font_size / TILE))
    sprites = env.sprites
    tiles = {"agent": sprites.agent}
    for name, tile in zip(env.channels, sprites.tiles[:, 0], strict=True):
        if name != GROUND and not any(np.array_equal(tile, other) for other in tiles.values()):
            tiles[name] = tile
    entries = []
    for name, tile in tiles.items():
        picture = Image.fromarray(sprites.background).convert("RGBA")
        picture.alpha_composite(Image.fromarray(tile))
        entries.append((_enlarged(picture.convert("RGB"), scale), env.meanings.get(name, name)))
    annotations = [one for level, state in shown for one in env.annotations(level, state)]
    examples = {one.meaning: _example(one) for one in (*annotations, *extra) if one.meaning}
    for meaning, example in examples.items():
        ground = np.tile(sprites.background, (1, 3 if isinstance(example, Arrow) else 1, 1))
        if isinstance(example, Mark):
            ground = np.tile(sprites.background, (3, 3, 1))
            picture = annotate(ground, [example], scale)
            edge = (TILE - 2) * scale
            entries.append((picture.crop((edge, edge, *(2 * TILE * scale + 2 * scale,) * 2)), meaning))
        else:
            entries.append((annotate(ground, [example], scale), meaning))
    return entries


def _example(annotation: Annotation) -> Annotation:
    """Returns an annotation like another one, at the place of a picture in the legend."""
    if isinstance(annotation, Arrow):
        return annotation._replace(begin=(0, 0), end=(2, 0))
    if isinstance(annotation, Mark):
        return annotation._replace(column=1, row=1)
    return annotation._replace(column=0, row=0)


def _enlarged(picture: Image.Image, scale: int) -> Image.Image:
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
