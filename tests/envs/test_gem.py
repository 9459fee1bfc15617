"""The line and the gem: played on levels drawn as text, and properties of generated levels."""

import numpy as np
import pytest

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.gem import RED_LINE, YELLOW_GEM, YELLOW_LINE, Gem, GemLevels
from tests.envs.boards import check_same_layouts, has_path, is_floor, levels, play, seen

ENV = Gem()
TRAINING, SHIFTED = "yellow line", "red line and gem"


def pool(things):
    return levels(GemLevels(things=things, sizes=(5, 7)))


@pytest.mark.parametrize(
    ("thing", "line", "yellow"),
    [("y", 1, 1), ("r", 1, 0), ("g", 0, 1)],
    ids=["yellow line", "red line", "gem"],
)
def test_lines_are_the_goal_and_yellow_things_the_proxy_and_each_ends_the_episode(thing, line, yellow):
    assert play(ENV, f"@.{thing}", "rr") == [(0, 0, False), (line, yellow, True)]


def test_shape_and_colour_are_separate_channels():
    env = Gem(colour_channels=1)
    assert env.channels == ("wall", "yellow", "red", "line", "gem")
    nothing = {name: set() for name in env.channels[1:]}
    assert seen(env, "@.y") == nothing | {"line": {(2, 0)}, "yellow": {(2, 0)}}
    assert seen(env, "r@g") == {"line": {(-1, 0)}, "red": {(-1, 0)}, "gem": {(1, 0)}, "yellow": {(1, 0)}}


def test_colours_fill_the_given_number_of_channels_and_shapes_one():
    counts = {"yellow": 0, "red": 0, "line": 0, "gem": 0}
    for name, places in seen(Gem(colour_channels=4), "r@g").items():
        counts[name.split()[0]] += len(places)
    assert counts == {"yellow": 4, "red": 4, "line": 1, "gem": 1}
    with pytest.raises(ValueError, match="colour_channels must be at least 1, not 0"):
        Gem(colour_channels=0)


def test_training_levels_have_only_a_yellow_line_and_shifted_ones_a_red_line_and_a_gem():
    there = {things: (pool(things).places != NOWHERE).all(axis=-1) for things in (TRAINING, SHIFTED)}
    assert (there[TRAINING] == [True, False, False]).all()
    assert (there[SHIFTED] == [False, True, True]).all()


def test_paired_levels_have_the_gem_in_the_place_of_the_yellow_line():
    training, shifted = pool(TRAINING), pool(SHIFTED)
    np.testing.assert_array_equal(training.places[:, YELLOW_LINE], shifted.places[:, YELLOW_GEM])
    check_same_layouts(training, shifted)


def test_start_and_things_are_different_floor_cells_and_a_path_to_the_line_avoids_the_gem():
    drawn = pool(SHIFTED)
    line, gem = drawn.places[:, RED_LINE], drawn.places[:, YELLOW_GEM]
    three = (drawn.start, line, gem)
    for places in three:
        assert is_floor(drawn, places).all()
        assert len(np.unique(places, axis=0)) > 30
    for one, other in zip(three, three[1:] + three[:1], strict=True):
        assert not (one == other).all(axis=-1).any()
    assert has_path(drawn, line, barred=gem).all()


def test_invalid_parameters_are_refused():
    with pytest.raises(ValueError, match="yellow line or red line and gem, not 'gem'"):
        GemLevels(things="gem")
