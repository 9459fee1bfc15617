"""Frames: the pictures of one level in a sequence of states."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from gmbench.envs.core.annotations import Dot
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.images import scene_image
from gmbench.envs.core.rendering import TILE
from gmbench.reports.pictures.crop import Box, used_box

TRAIL = 20
"""Steps for which a trail stays: in a long episode, a whole path would hide the level."""


def unstack(stacked: Any, count: int | None = None) -> list[Any]:
    """Splits a pytree along axis 0 of its leaves and returns the entries as a list of pytrees.

    Args:
        stacked: a pytree whose leaves all have the same length along axis 0, such as a pool of levels.
        count: how many entries to return, from the first on; all if None.
    """
    # The whole tree moves to the host first: slicing on the device would cost a dispatch per leaf and entry.
    stacked = jax.device_get(stacked)
    size = len(jax.tree.leaves(stacked)[0])
    return [jax.tree.map(operator.itemgetter(index), stacked) for index in range(size)[:count]]


def episode_frames(
    env: Environment[Any, Any],
    level: Any,
    states: Iterable[Any],
    *,
    box: Box | None = None,
    scale: int = 1,
    trail: bool = False,
) -> list[np.ndarray]:
    """Returns a picture of the level for every state: uint8[rows, columns, 3] each, all of one size.

    Args:
        env: the environment.
        level: the level of the episode.
        states: the states to show.
        box: the cells to show; None for the `used_box` of this episode. Pass the same box for all episodes
            that are shown together.
        scale: pixels of the picture per pixel of a sprite.
        trail: whether to mark the cells in which the agent was in the last `TRAIL` steps.
    """
    states = list(states)
    box = box or used_box(env, (level, states))
    rows = slice(box.top * TILE * scale, box.bottom * TILE * scale)
    columns = slice(box.left * TILE * scale, box.right * TILE * scale)
    pictures: list[np.ndarray] = []
    passed: list[Dot] = []
    for state in states:
        column, row = env.position(state)
        here = Dot(int(column), int(row))
        dots = {dot for dot in passed[-TRAIL:] if dot != here} if trail else set()
        pictures.append(np.asarray(scene_image(env, level, state, scale, sorted(dots)))[rows, columns])
        passed.append(here)
    return pictures
