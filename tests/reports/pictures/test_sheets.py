"""Still pictures: sheets of pairs of levels, and strips of frames."""

import numpy as np
import pytest

from gmbench.reports.pictures.crop import used_box
from gmbench.reports.pictures.frames import episode_frames
from gmbench.reports.pictures.sheets import level_sheet, strip
from tests.reports.pictures.finding import bounding_box, colour_frames, find


def test_a_sheet_shows_the_levels_of_each_pair_side_by_side(env, levels):
    train, shift = levels
    sheet = np.asarray(level_sheet(env, [train, shift], [shift, train], captions="01", scale=1))
    box = used_box(env, (train, [env.start(train)]), (shift, [env.start(shift)]))
    pictures = [episode_frames(env, level, [env.start(level)], box=box)[0] for level in levels]
    found = [find(sheet, picture) for picture in pictures]
    (train_places, shift_places) = found
    assert len(train_places) == len(shift_places) == 2
    (first_top, left), (second_top, right) = train_places
    assert shift_places == [(first_top, right), (second_top, left)]
    assert right > left + pictures[0].shape[1]
    assert second_top > first_top + pictures[0].shape[0]


def test_pairs_must_be_complete(env, levels):
    with pytest.raises(ValueError, match="shorter"):
        level_sheet(env, levels, levels[:1], captions="01")


def test_a_strip_shows_evenly_spaced_frames_from_first_to_last():
    page = strip(colour_frames(*range(10, 20)), count=4)
    found = {shade: bounding_box(page, shade) for shade in range(10, 20)}
    shown = [shade for shade in found if found[shade]]
    assert shown == [10, 13, 16, 19]
    lefts, tops, rights, bottoms = zip(*(found[shade] for shade in shown), strict=True)
    assert len(set(tops)) == len(set(bottoms)) == 1
    assert [right - left for left, right in zip(lefts, rights, strict=True)] == [48] * 4
    gaps = np.diff(lefts)
    assert (gaps == gaps[0]).all()
    assert gaps[0] > 48


def test_a_short_episode_shows_all_its_frames():
    page = strip(colour_frames(1, 2), count=6)
    assert [bool(bounding_box(page, shade)) for shade in (1, 2)] == [True, True]


def test_a_strip_of_two_episodes_has_a_row_and_a_caption_for_each():
    page = strip(colour_frames(1, 2), colour_frames(3, 4), captions=("training", "shift"), count=2)
    alone = strip(colour_frames(1, 2), count=2)
    first, below, second = bounding_box(page, 1), bounding_box(page, 3), bounding_box(page, 2)
    assert first[0] == below[0]
    assert below[1] > first[3]
    assert second[1] == first[1]
    assert page.width > alone.width
    caption = np.asarray(page.convert("L"))[first[1] : first[3], : first[0]]
    assert (caption < 128).any()


def test_steps_are_written_below_the_frames():
    page = strip(colour_frames(1, 2))
    left, _, right, bottom = bounding_box(page, 1)
    assert (np.asarray(page.convert("L"))[bottom:, left:right] < 128).any()


def test_the_sheet_has_a_caption_below_each_level_and_a_legend_at_the_end(env, levels):
    train, shift = levels
    with_words = level_sheet(env, [train], [shift], captions="0", scale=2)
    box = used_box(env, (train, [env.start(train)]), (shift, [env.start(shift)]))
    pictures = [episode_frames(env, level, [env.start(level)], box=box, scale=2)[0] for level in levels]
    grey = np.asarray(with_words.convert("L"))
    places = [find(np.asarray(with_words), picture)[0] for picture in pictures]
    words = []
    for (top, left), picture in zip(places, pictures, strict=True):
        height, width = picture.shape[:2]
        words.append(grey[top + height : top + height + 16, left : left + width] < 128)
        assert words[-1].any()
    assert (words[0] != words[1]).any()
    bottom = max(top for top, _ in places) + pictures[0].shape[0] + 24
    assert (grey[bottom:] < 128).any()


def test_a_trail_marks_the_cells_that_the_agent_left(env, levels, play):
    train, _ = levels
    states = play(train, [2, 2])
    plain, marked = (episode_frames(env, train, states, trail=trail) for trail in (False, True))
    np.testing.assert_array_equal(plain[0], marked[0])
    for step in (1, 2):
        assert (plain[step] != marked[step]).any()
