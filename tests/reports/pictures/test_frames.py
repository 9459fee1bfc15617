"""Frames: pictures of a level in a sequence of states."""

import jax.numpy as jnp
import numpy as np

from gmbench.envs.core.images import scene_image
from gmbench.envs.core.rendering import TILE
from gmbench.reports.pictures.crop import Box, used_box
from gmbench.reports.pictures.frames import episode_frames, unstack


def test_unstack_gives_the_entries_in_order():
    entries = unstack({"a": jnp.arange(4), "b": jnp.arange(8).reshape(4, 2)})
    assert [int(entry["a"]) for entry in entries] == [0, 1, 2, 3]
    assert [entry["b"].tolist() for entry in entries] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_unstack_stops_at_the_count():
    assert unstack(jnp.arange(4), 2) == [0, 1]


def test_frames_are_the_scenes_of_the_states_cropped_to_the_box(env, levels, play):
    states = play(levels[0], [2, 2, 5])
    frames = episode_frames(env, levels[0], states, box=Box(1, 10, 8, 18), scale=2)
    assert len(frames) == len(states)
    for frame, state in zip(frames, states, strict=True):
        scene = np.asarray(scene_image(env, levels[0], state, 2))
        np.testing.assert_array_equal(frame, scene[20 * TILE : 36 * TILE, 2 * TILE : 16 * TILE])


def test_frames_show_the_used_box_by_default(env, levels, play):
    states = play(levels[0], [2, 2])
    box = used_box(env, (levels[0], states))
    assert episode_frames(env, levels[0], states)[0].shape == (
        (box.bottom - box.top) * TILE,
        (box.right - box.left) * TILE,
        3,
    )
