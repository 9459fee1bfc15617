"""Animations of two episodes side by side."""

import functools

import numpy as np
import pytest
from PIL import Image

from gmbench.reports.pictures.animation import save_gif
from gmbench.reports.pictures.crop import used_box
from gmbench.reports.pictures.frames import episode_frames
from tests.reports.pictures.finding import find


@pytest.fixture
def gif(tmp_path):
    """A function that calls `save_gif` with its arguments and returns the animation as read from the file."""

    def write(*arguments, **options):
        save_gif(tmp_path / "episodes.gif", *arguments, **options)
        return Image.open(tmp_path / "episodes.gif")

    return write


def pages_of(animation):
    """Returns every page of an animation as an RGB image."""
    pages = []
    for index in range(animation.n_frames):
        animation.seek(index)
        pages.append(animation.convert("RGB"))
    return pages


@pytest.fixture(scope="module")
def episodes(env, levels, play):
    train, shift = levels
    states = play(train, [2, 2, 2]), play(shift, [2, 5, 5, 5, 2])
    box = used_box(env, (train, states[0]), (shift, states[1]))
    return tuple(map(functools.partial(episode_frames, env, box=box), levels, states))


def test_an_animation_is_as_long_as_the_longer_episode_and_pauses_at_the_end(gif, episodes):
    animation = gif(*episodes, ("coin", "died"), fps=10, hold=1.5)
    durations = []
    for index in range(animation.n_frames):
        animation.seek(index)
        durations.append(animation.info["duration"])
    assert durations == [100] * 5 + [1500]
    assert animation.info["loop"] == 0


def test_an_animation_shows_both_episodes_side_by_side_in_their_own_colours(gif, episodes):
    pages = [np.asarray(page) for page in pages_of(gif(*episodes, ("coin", "died")))]
    assert len({page.shape for page in pages}) == 1
    for step, page in enumerate(pages):
        left = find(page, episodes[0][min(step, 3)])
        right = find(page, episodes[1][step])
        assert len(left) == len(right) == 1
        assert left[0][0] == right[0][0]
        assert right[0][1] > left[0][1] + episodes[0][0].shape[1]
        assert (page[0, 0] == 255).all()


def test_captions_appear_when_their_episode_is_over(gif, episodes):
    said, silent = (pages_of(gif(*episodes, captions)) for captions in (("coin", "died"), ("", "")))
    middle = said[0].width // 2
    differs = [np.asarray(one) != np.asarray(other) for one, other in zip(said, silent, strict=True)]
    assert [bool(page[:, :middle].any()) for page in differs] == [False] * 3 + [True] * 3
    assert [bool(page[:, middle:].any()) for page in differs] == [False] * 5 + [True]
