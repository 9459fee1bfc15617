"""Lava: played on levels drawn as text, and properties of generated levels."""

import functools

import jax
import numpy as np
import pytest

from gmbench.envs.core import grid
from gmbench.envs.core.levels import generate, layout_hashes, select
from gmbench.envs.core.mazes import FAR, SIZE, distances
from gmbench.envs.lava import Lava, LavaLevels
from tests.envs.boards import play, seen

ENV = Lava()
SIZES = (5, 7)


def test_cheese_gives_one_on_both_goals_and_ends_the_episode():
    assert play(ENV, "@.c", "rr") == [(0, 0, False), (1, 1, True)]


def test_every_step_that_ends_in_lava_costs_one_and_only_the_goal():
    assert play(ENV, "@~~c", "rlrrr") == [
        (-1, 0, False),
        (0, 0, False),
        (-1, 0, False),
        (-1, 0, False),
        (1, 1, True),
    ]


def test_staying_in_lava_in_front_of_a_wall_costs_too():
    assert play(ENV, "@~c", "ruu") == [(-1, 0, False)] * 3


def test_lava_beside_the_agent_costs_nothing():
    assert play(ENV, "~.~.\n@...\n~.~c", "rr") == [(0, 0, False)] * 2


def test_lava_is_seen_where_it_lies():
    assert seen(ENV, "~.#\n@.c") == {"lava": {(0, -1)}, "cheese": {(2, 0)}}


# Generated levels.


@functools.cache
def pool(lava, **settings):
    return generate(LavaLevels(lava=lava, sizes=SIZES, **settings), jax.random.key(0), 256)


def cells(levels):
    """Walls and lava: bool[levels, rows, columns] each."""
    both = jax.vmap(lambda board: grid.unpack(board.cells, SIZE, SIZE))(levels)
    return np.asarray(both[..., 0]), np.asarray(both[..., 1])


@jax.jit
def _distances(walls, levels):
    return jax.vmap(distances)(walls, levels.start)


def distances_from_start(walls, levels):
    """The steps to every cell, int[levels, rows, columns], and to the cheese, int[levels]."""
    steps = np.asarray(_distances(walls, levels))
    places = np.asarray(levels.places[:, 0])
    return steps, steps[np.arange(len(steps)), places[:, 1], places[:, 0]]


def test_training_levels_have_no_lava_and_are_paired_with_the_shifted_ones():
    plain, across = pool("none"), pool("across")
    assert not cells(plain)[1].any()
    assert layout_hashes(plain) == layout_hashes(across)
    np.testing.assert_array_equal(plain.places, across.places)


@pytest.mark.parametrize(("detour", "settings"), [(4, {}), (2, {"detour": 2, "spatter": 0.0})])
def test_a_path_without_lava_is_left_and_is_longer_by_the_detour_unless_nothing_is_blocked(detour, settings):
    levels = pool("across", **settings)
    walls, lava = cells(levels)
    shortest, safe = (distances_from_start(barriers, levels)[1] for barriers in (walls, walls | lava))
    assert safe.max() < FAR
    barred = safe > shortest
    assert barred.mean() > 0.15
    assert (safe - shortest)[barred].min() == detour


def test_lava_lies_on_floor_and_not_on_start_or_cheese():
    levels = pool("across", spatter=1.0)
    walls, lava = cells(levels)
    assert not (walls & lava).any()
    for places in (levels.start, levels.places[:, 0]):
        assert not lava[np.arange(256), places[:, 1], places[:, 0]].any()


def test_without_spatter_every_shortest_path_meets_lava_once_in_its_second_half():
    levels = pool("across", detour=2, spatter=0.0)
    walls, lava = cells(levels)
    steps, shortest = distances_from_start(walls, levels)
    for index in np.flatnonzero(lava.any(axis=(1, 2))):
        distance = np.unique(steps[index][lava[index]])
        assert len(distance) == 1
        assert (shortest[index] - 1) / 2 <= distance[0] < shortest[index]


def test_cheese_has_the_given_distance_if_the_room_allows_it():
    levels, asked = pool("none"), LavaLevels().distance
    walls, _ = cells(levels)
    steps, shortest = distances_from_start(walls, levels)
    farthest = np.where(walls, 0, steps).max(axis=(1, 2))
    assert (shortest >= np.minimum(asked, farthest)).all()
    assert (shortest >= asked).mean() > 0.5
    assert shortest.min() >= 2


def test_there_are_many_layouts():
    assert len(set(layout_hashes(pool("none")))) > 250


def test_lava_is_read_back_from_text():
    level = select(pool("across"), 0)
    assert ENV.draw(ENV.parse(ENV.draw(level))) == ENV.draw(level)
    assert ENV.draw(ENV.parse("#~c\n@.~")) == "#~c\n@.~"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lava": "some"}, "lava"),
        ({"layouts": ("maze",)}, "rooms"),
        ({"detour": 3}, "detour"),
        ({"detour": 0}, "detour"),
        ({"spatter": 1.5}, "spatter"),
        ({"distance": 1}, "distance"),
        ({"sizes": (3,), "distance": 5}, "distance"),
    ],
)
def test_invalid_parameters_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LavaLevels(**settings)
