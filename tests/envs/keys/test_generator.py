"""Properties of every generated level, on pools of 256. test_plans.py tests that they are solvable."""

import dataclasses

import jax
import numpy as np
import pytest
from scipy import ndimage

from gmbench.envs.core import grid
from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.levels import select
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.keys import Keys, KeysLevels

ENV = Keys()
PLENTIES = ["chests", "keys"]
MOST = 9
"""Items of a level with the largest of the default numbers."""
WAYS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
"""The neighbours of a cell."""


@dataclasses.dataclass(frozen=True)
class Levels:
    """A pool as NumPy arrays."""

    floor: np.ndarray
    """bool[levels, rows, columns]."""
    start: np.ndarray
    places: np.ndarray
    keys: np.ndarray
    """Which items are keys: bool[levels, items]."""
    chests: np.ndarray

    @property
    def there(self):
        """Which items the level has."""
        return self.keys | self.chests

    def items(self, level):
        """Places of one level's items."""
        return self.places[level, self.there[level]]

    @property
    def size(self):
        """The larger of the numbers of columns and rows with floor, counted from the bottom left."""
        columns = np.arange(SIZE, dtype=int) + 1
        wide, high = self.floor.any(axis=1) * columns, self.floor[:, ::-1].any(axis=2) * columns
        return np.maximum(wide.max(axis=1), high.max(axis=1))

    @property
    def is_maze(self):
        """Whether all lattice places are floor, and as many other cells as a tree on them has edges."""
        places = ((self.size + 1) // 2) ** 2
        lattice = np.array(
            [floor[::-1][:size:2, :size:2].all() for floor, size in zip(self.floor, self.size, strict=True)]
        )
        return lattice & (self.floor.sum(axis=(1, 2)) == 2 * places - 1)


def unpacked(pool):
    cells = jax.vmap(lambda planes: grid.unpack(planes, SIZE, SIZE))(pool.cells)
    bits = np.arange(pool.places.shape[1], dtype=np.uint32)
    keys, chests = ((np.asarray(kind)[:, None] >> bits & 1).astype(bool) for kind in (pool.keys, pool.chests))
    return Levels(~np.asarray(cells)[..., 0], np.asarray(pool.start), np.asarray(pool.places), keys, chests)


@pytest.fixture(scope="module")
def pools(keys_pool):
    """The default levels for both values of ``plenty``, from the same key."""
    return {plenty: keys_pool(plenty) for plenty in PLENTIES}


@pytest.fixture(scope="module", params=PLENTIES)
def pool(request, pools):
    return pools[request.param]


@pytest.fixture(scope="module")
def levels(pool):
    return unpacked(pool)


@pytest.fixture(scope="module")
def paired_pools(pools):
    """The same levels with plenty of chests, and with plenty of keys."""
    return [unpacked(pools[plenty]) for plenty in PLENTIES]


# What holds for every level.


def test_walls_surround_one_connected_part_of_floor_in_a_square_at_the_bottom_left(levels):
    assert all(ndimage.label(floor)[1] == 1 for floor in levels.floor)
    assert set(levels.size.tolist()) == {5, 7, 9, 11, 13}


def check_places(levels):
    for level, floor in enumerate(levels.floor):
        ways = ndimage.convolve(floor.astype(int), WAYS, mode="constant")
        columns, rows = levels.items(level).T
        assert floor[rows, columns].all()
        assert (ways[rows, columns] >= 2).all()
        assert len(set(zip(columns, rows, strict=True))) == len(columns)
    columns, rows = levels.start.T
    assert levels.floor[np.arange(len(rows)), rows, columns].all()
    assert not ((levels.places == levels.start[:, None]).all(axis=-1)).any()


def test_items_and_start_are_different_floor_cells_and_no_item_is_in_a_dead_end(levels):
    check_places(levels)


def test_start_can_be_any_floor_cell_including_dead_ends(levels):
    columns, rows = levels.start.T
    ways = np.stack([ndimage.convolve(floor.astype(int), WAYS, mode="constant") for floor in levels.floor])
    assert set(ways[np.arange(len(rows)), rows, columns].tolist()) == {1, 2, 3, 4}


def test_items_that_are_not_there_are_nowhere(levels):
    assert levels.places.shape[1] == MOST
    assert (levels.places[~levels.there] == NOWHERE).all()
    assert (~levels.there).any()
    assert (levels.places[levels.there] >= 0).all()


def test_no_item_is_both_a_key_and_a_chest_and_none_is_beyond_the_last(pool, levels):
    assert not (levels.keys & levels.chests).any()
    assert int(np.asarray(pool.keys | pool.chests).max()) < 1 << MOST


@pytest.mark.parametrize(("plenty", "keys", "chests"), [("chests", 1, 2), ("keys", 2, 1)])
def test_one_kind_of_item_is_twice_as_many_as_the_other(pools, plenty, keys, chests):
    levels = unpacked(pools[plenty])
    number = levels.there.sum(axis=1) // 3
    assert (levels.keys.sum(axis=1) == keys * number).all()
    assert (levels.chests.sum(axis=1) == chests * number).all()
    # About a third of the levels has each of the three numbers.
    assert (abs(np.bincount(number, minlength=4)[1:] / len(number) - 1 / 3) < 0.1).all()


def test_sizes_and_layouts_are_equally_frequent(levels):
    sizes = np.unique(levels.size, return_counts=True)[1] / len(levels.size)
    assert (abs(sizes - 1 / 5) < 0.08).all()
    assert levels.is_maze.mean() == pytest.approx(0.5, abs=0.1)


def test_level_is_read_back_from_its_drawing(pool):
    for index in range(24):
        level = select(pool, index)
        drawing = ENV.draw(level)
        parsed = ENV.parse(drawing)
        assert ENV.draw(parsed) == drawing
        assert (parsed.cells.words == level.cells.words).all()
        assert (parsed.start == level.start).all()
        for kind in ("keys", "chests"):
            # The items are the same, but are numbered in another order.
            members = [
                {
                    tuple(place)
                    for item, place in enumerate(one.places.tolist())
                    if int(getattr(one, kind)) >> item & 1
                }
                for one in (level, parsed)
            ]
            assert members[0] == members[1]


# Paired levels.


def test_paired_levels_differ_only_by_which_items_are_keys(paired_pools):
    training, shifted = paired_pools
    assert (training.there == shifted.there).all()
    assert not (training.keys & ~shifted.keys).any()
    turned = shifted.keys & ~training.keys
    assert (turned == training.chests & ~shifted.chests).all()
    assert (turned.sum(axis=1) == training.there.sum(axis=1) // 3).all()


# Generator parameters.


@pytest.mark.parametrize("layout", ["maze", "room"])
def test_levels_have_the_given_layouts_sizes_and_numbers(keys_pool, layout):
    levels = unpacked(keys_pool(layouts=(layout,), sizes=(7,), numbers=(2,)))
    assert levels.places.shape[1] == 6
    assert levels.there.all()
    assert levels.size.max() == 7
    if layout == "maze":
        assert (levels.size == 7).all()
        assert levels.is_maze.all()
    else:
        assert levels.is_maze.mean() < 0.05
        walls = 1 - levels.floor.sum(axis=(1, 2)).mean() / 7**2
        assert 0.2 < walls < 0.35


def test_a_room_without_enough_floor_gets_no_walls(keys_pool):
    levels = unpacked(keys_pool(layouts=("room",), sizes=(5,), walls=1.0))
    assert (levels.floor[:, -5:, :5]).all()
    assert levels.floor.sum() == 25 * len(levels.floor)


def test_three_items_and_a_start_find_room_in_the_smallest_maze(keys_pool):
    levels = unpacked(keys_pool(sizes=(3,), numbers=(1,), layouts=("maze",)))
    assert levels.there.all()
    check_places(levels)


def test_options_can_be_lists():
    listed = KeysLevels(numbers=[1, 2], layouts=["maze"], sizes=[5, 7])
    given = KeysLevels(numbers=(1, 2), layouts=("maze",), sizes=(5, 7))
    assert (listed, hash(listed)) == (given, hash(given))
    assert listed.items == 6


@pytest.mark.parametrize("name", ["numbers", "layouts", "sizes"])
def test_empty_options_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is empty"):
        KeysLevels(**{name: ()})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"plenty": "gold"}, "plenty must be keys or chests, not 'gold'"),
        ({"plenty": None}, "plenty must be keys or chests, not None"),
        ({"layouts": ("maze", "cave")}, "layouts are maze and room"),
        ({"layouts": "maze"}, "layouts are maze and room"),
        ({"sizes": (1,)}, "sizes are odd, from 3 to 13"),
        ({"sizes": (5, 6)}, "sizes are odd, from 3 to 13"),
        ({"sizes": (15,)}, "sizes are odd, from 3 to 13"),
        ({"walls": -0.1}, "walls is a probability, not -0.1"),
        ({"walls": 1.1}, "walls is a probability, not 1.1"),
        ({"walls": float("nan")}, "walls is a probability, not nan"),
        ({"numbers": (0, 1)}, "numbers must lie between 1 and 10"),
        ({"numbers": (11,), "sizes": (13,)}, "numbers must lie between 1 and 10"),
        ({"numbers": (2,), "sizes": (13, 3)}, "a maze of 3 cells has room for 4 items, not 6"),
        ({"numbers": (1, 4)}, "a maze of 5 cells has room for 9 items, not 12"),
    ],
)
def test_invalid_parameters_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        KeysLevels(**settings)


def test_the_largest_number_can_be_generated():
    assert KeysLevels(numbers=(10,), sizes=(11, 13)).items == 30
