"""Walks in worlds whose levels are boards: played on levels drawn as text, and pools of generated levels."""

import dataclasses
import functools

import jax
import numpy as np
from scipy import ndimage

from gmbench.envs.core import grid
from gmbench.envs.core.levels import generate
from gmbench.envs.core.mazes import ACTIONS, SIZE

LETTERS = {name[0]: number for number, name in enumerate(ACTIONS)}
"""Actions by their first letters: l, u, r, d."""
COUNT = 256
"""Levels of a pool."""


@functools.partial(jax.jit, static_argnums=0)
def _step(env, level, state, action):
    following = env.advance(level, state, action)
    return following, env.rewards(level, state, action, following), env.ended(level, following)


def play(env, drawing, actions):
    """Rewards of all goals, and whether the episode is over, after each of a word of letters."""
    level = env.parse(drawing)
    state, results = env.start(level), []
    for letter in actions:
        state, rewards, ended = _step(env, level, state, LETTERS[letter])
        results.append((*rewards.tolist(), bool(ended)))
    return results


def seen(env, drawing):
    """What an agent at its start sees in each channel: places relative to it, (columns right, rows down)."""
    level = env.parse(drawing)
    view = np.asarray(env.view(level, env.start(level)))
    return {
        name: {(int(x) - grid.RADIUS, int(y) - grid.RADIUS) for y, x in np.argwhere(view[..., channel])}
        for channel, name in enumerate(env.channels)
        if name != "wall"
    }


@dataclasses.dataclass(frozen=True)
class Levels:
    """A pool as NumPy arrays: bool[levels, rows, columns], int[levels, 2] and int[levels, things, 2]."""

    floor: np.ndarray
    start: np.ndarray
    places: np.ndarray


@functools.cache
def levels(generator, seed=0):
    """`COUNT` levels."""
    pool = generate(generator, jax.random.key(seed), COUNT)
    cells = jax.vmap(lambda planes: grid.unpack(planes, SIZE, SIZE))(pool.cells)
    return Levels(~np.asarray(cells)[..., 0], np.asarray(pool.start), np.asarray(pool.places))


def is_floor(pool, places):
    """Whether a place on each level, int[levels, 2], is floor: bool[levels]."""
    return pool.floor[np.arange(len(places)), places[:, 1], places[:, 0]]


def way(pool, goal, barred):
    """Whether a way that does not lead over ``barred`` goes from the start to a place: bool[levels]."""
    found = []
    for floor, start, end, bar in zip(pool.floor, pool.start, goal, barred, strict=True):
        clear = floor.copy()
        clear[bar[1], bar[0]] = False
        parts = ndimage.label(clear)[0]
        found.append(parts[start[1], start[0]] == parts[end[1], end[0]] > 0)
    return np.array(found)


def layouts(pool):
    """How many different ones of walls and start there are."""
    return len(
        {floor.tobytes() + start.tobytes() for floor, start in zip(pool.floor, pool.start, strict=True)}
    )
