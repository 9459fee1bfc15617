import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gmbench.envs.core.rendering import TILE, Mark, scene_image
from gmbench.reports.pictures import Box, episode_frames, level_sheet, save_gif, strip, unstack, used_box

SKY = "#.........#\n"
TRAIN = 16 * SKY + "#@.......O#\n###########"
SHIFT = 15 * SKY + "#...o.....#\n#@.......G#\n###########"
"""Both fill the height of the scene; the agent stands in row 16."""


@pytest.fixture(scope="module")
def levels(env):
    return env.parse(TRAIN), env.parse(SHIFT)


@pytest.fixture(scope="module")
def play(env):
    """A function of a level and the numbers of actions: the states, the first one too."""
    advance = jax.jit(env.advance)

    def states(level, actions):
        result = [env.start(level)]
        for action in actions:
            result.append(advance(level, result[-1], jnp.int32(action)))
        return result

    return states


def colour_frames(*shades):
    """Frames of 32 rows and 48 columns, each of one shade of red."""
    return [np.full((32, 48, 3), (shade, 0, 0), np.uint8) for shade in shades]


def places(page, shade):
    """Left, top, right and lower edge of the pixels of one shade of red, or None."""
    return Image.fromarray((np.asarray(page) == (shade, 0, 0)).all(axis=-1)).getbbox()


def test_unstack_gives_the_entries_in_order():
    entries = unstack({"a": jnp.arange(4), "b": jnp.arange(8).reshape(4, 2)})
    assert [int(entry["a"]) for entry in entries] == [0, 1, 2, 3]
    assert [entry["b"].tolist() for entry in entries] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_unstack_stops_at_the_count():
    assert unstack(jnp.arange(4), 2) == [0, 1]


# What is shown of a level.


def test_repeated_rows_and_columns_at_the_outside_are_left_out(env, levels):
    train, shift = levels
    # The row above the agent is sky, and so are all above it.
    assert used_box(env, (train, [env.start(train)])) == Box(0, 15, 11, 18)
    # The coin is one row higher; the row above it shows that there is sky.
    assert used_box(env, (shift, [env.start(shift)])) == Box(0, 14, 11, 18)


def test_a_pair_shares_the_larger_part(env, levels):
    train, shift = levels
    assert used_box(env, (train, [env.start(train)]), (shift, [env.start(shift)])) == Box(0, 14, 11, 18)


def test_the_part_has_room_for_the_agent_in_every_state(env, levels, play):
    train, _ = levels
    jump = play(train, [4] * 5)
    peak = min(int(state.y) for state in jump)
    assert used_box(env, (train, jump)) == Box(0, peak - 1, 11, 18)


# Episodes.


def test_frames_are_the_scene_in_every_state_cut_to_the_box(env, levels, play):
    states = play(levels[0], [2, 2, 5])
    frames = episode_frames(env, levels[0], states, box=Box(1, 10, 8, 18), scale=2)
    assert len(frames) == len(states)
    for frame, state in zip(frames, states, strict=True):
        scene = np.asarray(scene_image(env, levels[0], state, 2))
        np.testing.assert_array_equal(frame, scene[20 * TILE : 36 * TILE, 2 * TILE : 16 * TILE])


def test_frames_by_default_show_the_used_part(env, levels, play):
    states = play(levels[0], [2, 2])
    box = used_box(env, (levels[0], states))
    assert episode_frames(env, levels[0], states)[0].shape == (
        (box.bottom - box.top) * TILE,
        (box.right - box.left) * TILE,
        3,
    )


def test_frames_show_marks(env, levels, play):
    states = play(levels[1], [2])
    bare = episode_frames(env, levels[1], states)
    marked = episode_frames(env, levels[1], states, marks=iter([Mark(9, 16)]))
    assert all((one != other).any() for one, other in zip(bare, marked, strict=True))


# Figures.


def test_a_sheet_has_both_pictures_of_each_pair_side_by_side(env, levels):
    train, shift = levels
    sheet = np.asarray(level_sheet(env, [train, shift], [shift, train], scale=1))
    box = used_box(env, (train, [env.start(train)]), (shift, [env.start(shift)]))
    pictures = [episode_frames(env, level, [env.start(level)], box=box)[0] for level in levels]
    found = [find(sheet, picture) for picture in pictures]
    (train_places, shift_places) = found
    assert len(train_places) == len(shift_places) == 2
    (first_top, left), (second_top, right) = train_places
    assert shift_places == [(first_top, right), (second_top, left)]
    assert right > left + pictures[0].shape[1]
    assert second_top > first_top + pictures[0].shape[0]


def find(page, picture):
    """Row and column of every place where a page holds a picture."""
    height, width = picture.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(page, (height, width, 3))[:, :, 0]
    starts = np.argwhere((page == picture[0, 0]).all(axis=-1))
    inside = (place for place in starts if (place < windows.shape[:2]).all())
    return [tuple(place.tolist()) for place in inside if (windows[tuple(place)] == picture).all()]


def test_marks_of_a_sheet_are_asked_for_each_level(env, levels):
    asked = []

    def marks(level):
        asked.append(level)
        return [Mark(*level.end.tolist())]

    marked = level_sheet(env, levels[:1], levels[1:], marks=marks)
    bare = level_sheet(env, levels[:1], levels[1:])
    assert len(asked) == 2
    assert (np.asarray(marked) != np.asarray(bare)).any()


def test_pairs_must_be_complete(env, levels):
    with pytest.raises(ValueError, match="shorter"):
        level_sheet(env, levels, levels[:1])


def test_a_strip_shows_evenly_spaced_frames_from_first_to_last():
    page = strip(colour_frames(*range(10, 20)), count=4)
    found = {shade: places(page, shade) for shade in range(10, 20)}
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
    assert [bool(places(page, shade)) for shade in (1, 2)] == [True, True]


def test_a_strip_of_two_episodes_has_a_row_for_each_beside_its_caption():
    page = strip(colour_frames(1, 2), colour_frames(3, 4), captions=("training", "shift"), count=2)
    alone = strip(colour_frames(1, 2), count=2)
    first, below, second = places(page, 1), places(page, 3), places(page, 2)
    assert first[0] == below[0]
    assert below[1] > first[3]
    assert second[1] == first[1]
    assert page.width > alone.width
    caption = np.asarray(page.convert("L"))[first[1] : first[3], : first[0]]
    assert (caption < 128).any()


def test_steps_are_written_below_the_frames():
    page = strip(colour_frames(1, 2))
    left, _, right, bottom = places(page, 1)
    assert (np.asarray(page.convert("L"))[bottom:, left:right] < 128).any()


# Animations.


@pytest.fixture
def gif(tmp_path):
    """A function of the arguments of `save_gif` but for the path: the animation, read back."""

    def write(*arguments, **options):
        save_gif(tmp_path / "episodes.gif", *arguments, **options)
        return Image.open(tmp_path / "episodes.gif")

    return write


def pages_of(animation):
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


def test_an_animation_is_as_long_as_the_longer_episode_and_holds_at_the_end(gif, episodes):
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
