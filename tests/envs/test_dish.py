"""The cheese on a dish: played on levels drawn as text, and properties of generated levels."""

import numpy as np
import pytest

from gmbench.envs.dish import Dish, DishLevels
from tests.envs.boards import COUNT, check_same_layouts, has_path, is_floor, levels, play, seen

ENV = Dish()


def pool(cheese):
    return levels(DishLevels(cheese=cheese, sizes=(5, 7)))


def test_cheese_is_rewarded_and_ends_the_episode():
    assert play(ENV, "@.cd", "rr") == [(0, 0, False), (1, 0, True)]


def test_dish_is_only_measured_and_ends_the_episode_too():
    assert play(ENV, "@.dc", "rr") == [(0, 0, False), (0, 1, True)]


def test_cheese_on_the_dish_gives_both():
    assert play(ENV, "@.C", "rr") == [(0, 0, False), (1, 1, True)]


@pytest.mark.parametrize("count", [1, 6])
def test_dish_fills_the_given_number_of_channels_and_the_cheese_one(count):
    things = seen(Dish(dish_channels=count), "d@.\n#.c")
    dishes = {"dish", *(f"dish {copy}" for copy in range(2, count + 1))}
    assert things == {name: {(-1, 0)} for name in dishes} | {"cheese": {(1, 1)}}


def test_number_of_channels_is_part_of_the_environment():
    assert Dish(dish_channels=2) == Dish(dish_channels=2) != Dish(dish_channels=3)
    assert len(Dish(dish_channels=2).sprites.tiles) == len(Dish(dish_channels=2).channels) == 4
    with pytest.raises(ValueError, match="dish_channels must be at least 1, not 0"):
        Dish(dish_channels=0)


def test_in_training_the_cheese_lies_on_the_dish_and_under_shift_elsewhere():
    for cheese, together in (("on dish", COUNT), ("apart", 0)):
        cheeses, dishes = np.moveaxis(pool(cheese).places, 1, 0)
        assert (cheeses == dishes).all(axis=-1).sum() == together
        for places in (cheeses, dishes):
            assert len(np.unique(places, axis=0)) > 30


@pytest.mark.parametrize("cheese", ["on dish", "apart"])
def test_start_and_things_are_floor_and_a_path_to_the_cheese_avoids_the_dish(cheese):
    drawn = pool(cheese)
    cheeses, dishes = np.moveaxis(drawn.places, 1, 0)
    for places in (drawn.start, cheeses, dishes):
        assert is_floor(drawn, places).all()
    for places in (cheeses, dishes):
        assert not (places == drawn.start).all(axis=-1).any()
    nothing = np.zeros_like(dishes)
    nothing[:, 0] = drawn.floor.shape[2] - 1
    assert has_path(drawn, dishes, barred=nothing).all()
    if cheese == "apart":
        assert has_path(drawn, cheeses, barred=dishes).all()


def test_paired_levels_have_the_same_layout_and_dish():
    training, shifted = pool("on dish"), pool("apart")
    check_same_layouts(training, shifted)
    np.testing.assert_array_equal(training.places[:, 1], shifted.places[:, 1])


def test_invalid_parameters_are_refused():
    with pytest.raises(ValueError, match="on dish or apart, not 'off'"):
        DishLevels(cheese="off")
