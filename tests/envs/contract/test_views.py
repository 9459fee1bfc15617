"""Observations and pictures: the view, the scene, and what a picture shows of a view."""

import functools

import jax
import numpy as np

from gmbench.envs.core.grid import RADIUS, VIEW
from gmbench.envs.core.rendering import render
from tests.envs.contract.rollouts import compile_quickly

VIEWS = 8
"""Views of each channel that are rendered."""


@functools.partial(compile_quickly, static_argnums=0)
def _render_views(env, views):
    return jax.lax.map(lambda view: render(env.sprites, view, (RADIUS, RADIUS)), views)


def test_a_view_is_a_crop_of_the_scene_around_the_agent_with_wall_outside(task, rollout):
    expected = rollout.expected
    still = len(task.env.channels) - len(expected["signs"])
    column, row = (place[..., None, None] for place in expected["position"])
    scene = expected["scene"][..., :still]
    border = [(0, 0)] * 2 + [(RADIUS, RADIUS)] * 2 + [(0, 0)]
    around = np.pad(scene, border)
    outside = np.pad(np.zeros(scene.shape[2:4], bool), RADIUS, constant_values=True)
    around[:, :, outside, task.env.channels.index("wall")] = True
    steps, envs = np.indices(rollout.done.shape)[..., None, None]
    crop = around[steps, envs, row + np.arange(VIEW)[:, None], column + np.arange(VIEW)]
    assert (crop == rollout.observation[..., :still]).all()


def test_signs_fill_rows_of_the_view_and_cells_of_the_last_row_of_the_scene(task, rollout):
    signs = rollout.expected["signs"]
    for channel, rows in enumerate(signs, start=len(task.env.channels) - len(signs)):
        shown = (rows[..., None] >> np.arange(VIEW) & 1).astype(bool)
        assert (rollout.observation[..., channel] == shown[..., None]).all()
        stand = rollout.expected["scene"][..., channel]
        assert (stand[:, :, -1, :VIEW] == shown[..., ::-1]).all()
        assert not stand[:, :, :-1].any()


def test_every_channel_is_seen(task, views):
    seen = views.any(axis=(0, 1, 2))
    assert seen.all(), [name for name, found in zip(task.env.channels, seen, strict=True) if not found]


def test_a_picture_shows_everything_that_is_in_the_view(task, views):
    """Removing one filled cell from a view changes the picture. Channels that are always equal to each other,
    such as the copies of a colour, lose the cell together."""
    channels, random, whole, less = task.env.channels, np.random.default_rng(0), [], []
    for channel in range(len(channels)):
        alike = (views == views[..., [channel]]).all(axis=(0, 1, 2))
        for index in random.choice(np.flatnonzero(views[..., channel].any(axis=(1, 2))), VIEWS):
            row, column = random.choice(np.argwhere(views[index, ..., channel]))
            whole.append(views[index])
            less.append(views[index].copy())
            less[-1][row, column, alike] = False
    before, after = np.split(np.asarray(_render_views(task.env, np.array(whole + less))), 2)
    unseen = (before == after).all(axis=(1, 2, 3))
    assert not unseen.any(), {channels[number // VIEWS] for number in np.flatnonzero(unseen)}
