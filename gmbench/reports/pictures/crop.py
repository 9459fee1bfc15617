"""The crop of a picture: which cells of a level are worth showing."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import numpy as np

from gmbench.envs.core.environment import Environment


class Box(NamedTuple):
    """A rectangle of cells of a scene; the right column and the bottom row are excluded."""

    left: int
    top: int
    right: int
    bottom: int


def used_box(env: Environment[Any, Any], *episodes: tuple[Any, Iterable[Any]]) -> Box:
    """Returns the part of the scene that a picture should show, one box for all episodes.

    Outer rows and columns that only repeat their inner neighbour are cut off, such as empty sky and the
    plain wall beyond the end of a level, unless the agent gets there.

    Args:
        env: the environment.
        episodes: pairs of a level and the states to show on it.
    """
    pairs = [(level, state) for level, states in episodes for state in states]
    scenes = np.stack([_scene(env, level, state) for level, state in pairs])
    places = np.array([env.position(state) for _, state in pairs])
    left, right = _used_lines(scenes.transpose(2, 0, 1, 3), places[:, 0])
    top, bottom = _used_lines(scenes[:, :, left:right].transpose(1, 0, 2, 3), places[:, 1])
    return Box(left, top, right, bottom)


@functools.partial(jax.jit, static_argnums=0)
def _scene(env: Environment[Any, Any], level: Any, state: Any) -> jax.Array:
    return env.scene(level, state)


def _used_lines(lines: np.ndarray, agent: np.ndarray) -> tuple[int, int]:
    """Returns the first line to keep and the one after the last.

    Outer lines that repeat their neighbour are cut off, but one line on each side of the agent always stays.

    Args:
        lines: [lines, ...], the content of each row (or of each column).
        agent: int[n], the lines that the agent visits.
    """
    changes = np.nonzero((lines[1:] != lines[:-1]).reshape(len(lines) - 1, -1).any(axis=1))[0]
    first, last = (changes[0], changes[-1] + 1) if len(changes) else (0, len(lines) - 1)
    first, last = min(first, agent.min() - 1), max(last, agent.max() + 1)
    return max(int(first), 0), min(int(last), len(lines) - 1) + 1
