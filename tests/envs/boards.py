"""Environments whose levels are boards: playing levels drawn as text, and pools of generated levels."""

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
"""Number of levels of a pool."""


@functools.partial(jax.jit, static_argnums=0)
def _step(env, level, state, action):
    following = env.advance(level, state, action)
    return following, env.rewards(level, state, action, following), env.ended(level, following)


def play(env, drawing, letters):
    """The rewards of all goals and whether the episode has ended, after each action, given by its letter."""
    level = env.parse(drawing)
    state, results = env.start(level), []
    for letter in letters:
        state, rewards, ended = _step(env, level, state, LETTERS[letter])
        results.append((*rewards.tolist(), bool(ended)))
    return results


def play_on(env, level, state, actions):
    """The states from ``state`` on, [steps + 1], and the rewards of all goals, float[steps][goals]."""
    states, rewards = [state], []
    for action in actions:
        state, reward, _ = _step(env, level, state, action)
        states.append(state)
        rewards.append(reward.tolist())
    return states, rewards


def seen(env, drawing):
    """The filled cells of each channel in the first view, as (columns right, rows down) of the agent."""
    level = env.parse(drawing)
    view = np.asarray(env.view(level, env.start(level)))
    return {
        name: {(int(x) - grid.RADIUS, int(y) - grid.RADIUS) for y, x in np.argwhere(view[..., channel])}
        for channel, name in enumerate(env.channels)
        if name != "wall"
    }


@dataclasses.dataclass(frozen=True)
class Levels:
    """A pool as NumPy arrays."""

    floor: np.ndarray
    """bool[levels, rows, columns]."""
    start: np.ndarray
    """int[levels, 2], (column, row)."""
    places: np.ndarray
    """int[levels, things, 2], (column, row)."""


@functools.cache
def levels(generator, seed=0):
    """A pool of `COUNT` levels."""
    pool = generate(generator, jax.random.key(seed), COUNT)
    cells = jax.vmap(lambda planes: grid.unpack(planes, SIZE, SIZE))(pool.cells)
    return Levels(~np.asarray(cells)[..., 0], np.asarray(pool.start), np.asarray(pool.places))


def is_floor(pool, places):
    """Whether a cell of each level, int[levels, 2], is floor: bool[levels]."""
    return pool.floor[np.arange(len(places)), places[:, 1], places[:, 0]]


def has_path(pool, goal, barred):
    """Whether there is a path from the start to ``goal`` that avoids ``barred``: bool[levels].

    Args:
        pool: `Levels`.
        goal: int[levels, 2], (column, row).
        barred: int[levels, 2], (column, row).
    """
    found = []
    for floor, start, end, bar in zip(pool.floor, pool.start, goal, barred, strict=True):
        clear = floor.copy()
        clear[bar[1], bar[0]] = False
        parts = ndimage.label(clear)[0]
        found.append(parts[start[1], start[0]] == parts[end[1], end[0]] > 0)
    return np.array(found)


def check_same_layouts(one, other):
    """Checks that two pools have the same layouts, of which most differ from each other."""
    np.testing.assert_array_equal(one.floor, other.floor)
    np.testing.assert_array_equal(one.start, other.start)
    assert count_layouts(one) > 240


def count_layouts(pool):
    """The number of different combinations of walls and start."""
    return len(
        {floor.tobytes() + start.tobytes() for floor, start in zip(pool.floor, pool.start, strict=True)}
    )
