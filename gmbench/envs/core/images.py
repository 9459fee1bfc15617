"""Pictures of whole levels for people: PIL images, which the host makes with the RGB renderer."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from gmbench.envs.core.annotations import Annotation, annotate
from gmbench.envs.core.definition import EnvironmentDefinition
from gmbench.envs.core.rendering import TILE, Sprites, render

OPAQUE = 255
"""The alpha of a pixel that hides what is under it."""


def scene_image(
    env: EnvironmentDefinition[Any, Any],
    level: Any,
    state: Any,
    scale: int = 1,
    annotations: Iterable[Annotation] = (),
) -> Image.Image:
    """Draws a whole level: ``scale * TILE`` pixels for each row and column of cells.

    It is the picture of the RGB renderer, but for two things that are made for people. The agent is drawn at
    half its size where it stands on a thing, so that a picture shows what the agent reaches. The annotations
    of the environment, and those that are given, are drawn over the picture.

    Args:
        env: the environment.
        level: one of its levels, unbatched.
        state: one of its states, unbatched.
        scale: pixels of the picture for each pixel of a sprite, in each direction.
        annotations: further annotations.
    """
    planes = np.asarray(_scene(env, level, state))
    column, row = (int(place) for place in env.position(state))
    agent = _sprites(env).agent
    hides = _hides(agent) and bool((planes[row, column] & _figures(env)).any())
    shown = np.zeros_like(agent) if hides else agent
    picture = np.asarray(_rendered(env, planes, jnp.asarray(shown), (column, row)))
    image = annotate(picture, [*env.annotations(level, state), *annotations], scale)
    if hides:
        small = Image.fromarray(agent).resize((TILE * scale // 2,) * 2, Image.Resampling.NEAREST)
        place = (column * TILE * scale, row * TILE * scale + TILE * scale // 2)
        image.paste(small, place, small)
    return image


def _figures(env: EnvironmentDefinition[Any, Any]) -> np.ndarray:
    """Returns which channels show a thing, and not a ground such as ice or a translucent band: bool."""
    alpha = _sprites(env).tiles[:, 0, :, :, 3]
    return ((alpha == OPAQUE).any(axis=(1, 2)) & (alpha == 0).any(axis=(1, 2))).astype(bool)


def _hides(agent: np.ndarray) -> bool:
    """Returns whether the picture of the agent hides most of what is under it."""
    return bool((agent[..., 3] == OPAQUE).mean() > 0.5)


@functools.cache
def _sprites(env: EnvironmentDefinition[Any, Any]) -> Sprites:
    """Returns the sprites of an environment, which take long to assemble."""
    return env.sprites


@functools.partial(jax.jit, static_argnums=0)
def _scene(env: EnvironmentDefinition[Any, Any], level: Any, state: Any) -> jax.Array:
    return env.scene(level, state)


@functools.partial(jax.jit, static_argnums=0)
def _rendered(
    env: EnvironmentDefinition[Any, Any], planes: jax.Array, agent: jax.Array, place: tuple[int, int]
) -> jax.Array:
    sprites = env.sprites.replace(agent=agent)  # type: ignore[attr-defined]
    return render(sprites, planes, place)
