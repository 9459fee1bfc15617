"""The cheese in the corner: played on levels drawn as text, and properties of generated levels."""

import numpy as np
import pytest

from gmbench.envs.core.mazes import SIZE
from gmbench.envs.corner import Corner, CornerLevels
from tests.envs.boards import check_same_layouts, has_path, is_floor, levels, play, seen

ENV = Corner()
SIZES = (5, 7)


def pool(cheese, **settings):
    return levels(CornerLevels(cheese=cheese, sizes=SIZES, **settings))


def same(places, others):
    """Whether two places on each level are the same: bool[levels]."""
    return (places == others).all(axis=-1)


def corners(pool):
    """The floor nearest to the top right of each layout, by its definition: int[levels, 2]."""
    found = []
    for floor in pool.floor:
        cells = np.argwhere(floor)
        off = np.maximum(cells[:, 0] - cells[:, 0].min(), cells[:, 1].max() - cells[:, 1])
        found.append(min(zip(off, cells[:, 0], cells[:, 1], strict=True))[:0:-1])
    return np.array(found)


def test_cheese_is_rewarded_and_ends_the_episode():
    assert play(ENV, "@c.x", "rr") == [(1, 0, True), (0, 0, False)]


def test_corner_is_only_measured_and_does_not_end_the_episode():
    assert play(ENV, "c@.x", "rrull") == [
        (0, 0, False),
        (0, 1, False),
        # The wall above stops the agent, so it has entered the corner only once.
        (0, 0, False),
        (0, 0, False),
        (0, 0, False),
    ]


def test_cheese_in_the_corner_gives_both():
    assert play(ENV, "@.C", "rr") == [(0, 0, False), (1, 1, True)]


def test_cheese_is_seen_and_the_corner_is_not():
    assert seen(ENV, ".@.\n#.c\nx..") == {"cheese": {(1, 1)}}


@pytest.mark.parametrize("cheese", ["corner", "anywhere"])
def test_corner_is_the_floor_nearest_to_the_top_right(cheese):
    corner = pool(cheese).places[:, 1]
    np.testing.assert_array_equal(corner, corners(pool(cheese)))
    # In many rooms this is not the top right cell of the layout.
    assert (corner.sum(axis=1) != SIZE - 1).sum() > 5


def test_in_training_the_cheese_lies_in_the_corner_and_under_shift_elsewhere():
    assert same(*np.moveaxis(pool("corner").places, 1, 0)).all()
    shifted = pool("anywhere")
    assert not same(*np.moveaxis(shifted.places, 1, 0)).any()
    # The cheese lies on more than 30 of the 49 cells.
    assert len(np.unique(shifted.places[:, 0], axis=0)) > 30


@pytest.mark.parametrize("cheese", ["corner", "anywhere"])
@pytest.mark.parametrize("region", [1, 3])
def test_start_and_cheese_are_different_floor_cells_with_a_path_that_avoids_the_corner(cheese, region):
    drawn = pool(cheese, region=region)
    cheeses, corner = np.moveaxis(drawn.places, 1, 0)
    assert is_floor(drawn, drawn.start).all()
    assert is_floor(drawn, cheeses).all()
    assert not same(drawn.start, cheeses).any()
    assert not same(drawn.start, corner).any()
    if cheese == "anywhere":
        assert has_path(drawn, cheeses, barred=corner).all()


def test_cheese_lies_in_the_region_and_the_agent_starts_outside():
    drawn = pool("corner", region=3, layouts=("maze",))
    cheeses, corner = np.moveaxis(drawn.places, 1, 0)
    off = np.abs(cheeses - corner).max(axis=1)
    assert set(off.tolist()) == {0, 1, 2}
    assert np.abs(drawn.start - corner).max(axis=1).min() == 3


def test_rooms_full_of_walls_have_a_start_too():
    drawn = levels(CornerLevels(layouts=("room",), walls=0.6, sizes=(5,), region=4))
    assert is_floor(drawn, drawn.start).all()
    assert is_floor(drawn, drawn.places[:, 0]).all()
    assert not same(drawn.start, drawn.places[:, 0]).any()


def test_paired_levels_have_the_same_layout_and_corner():
    training, shifted = pool("corner"), pool("anywhere")
    check_same_layouts(training, shifted)
    np.testing.assert_array_equal(training.places[:, 1], shifted.places[:, 1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cheese": "nowhere"}, "cheese must be corner or anywhere, not 'nowhere'"),
        ({"region": 0}, "between 1 and 4 if the smallest layout has 5 rows, not 0"),
        ({"region": 7, "sizes": (7, 9)}, "between 1 and 6 if the smallest layout has 7 rows, not 7"),
    ],
)
def test_invalid_parameters_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        CornerLevels(**settings)
