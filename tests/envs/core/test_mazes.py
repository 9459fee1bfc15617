import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage, sparse

from gmbench.envs.core import grid, mazes
from gmbench.envs.core.mazes import EDGES, KRUSKAL_DRAWS, LATTICE, ROOM_DRAWS, SIZE

SIZES = range(3, SIZE + 1, 2)
COUNT = 48
RATE = 0.25
WAYS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
"""The kernel that adds up the neighbours of a cell."""


def draws(count, seed=0):
    return np.random.default_rng(seed).random((COUNT, count), np.float32)


def within(size):
    """The cells of a layout: ``size`` rows and columns at the bottom left."""
    cells = np.zeros((SIZE, SIZE), bool)
    cells[SIZE - size :, :size] = True
    return cells


def floor_parts(floor):
    """The number of connected parts."""
    return ndimage.label(floor)[1]


def floor_ways(floor):
    """The number of floor neighbours of each cell; there is no floor outside the world."""
    return ndimage.convolve(floor.astype(int), WAYS, mode="constant")


_kruskal = jax.jit(jax.vmap(mazes.kruskal, (0, None)))


@functools.cache
def floors_of_mazes(size, seed=0):
    return ~np.asarray(_kruskal(draws(KRUSKAL_DRAWS, seed), size))


# Mazes.


@pytest.mark.parametrize("size", SIZES)
def test_maze_connects_all_its_places_by_one_path_each(size):
    for floor in floors_of_mazes(size):
        places = ((size + 1) // 2) ** 2
        assert floor.sum() == 2 * places - 1
        assert floor[::-1][:size:2, :size:2].all()
        assert floor_parts(floor) == 1
        # A tree has one edge less than it has nodes, so there are no cycles.
        assert (floor_ways(floor) * floor).sum() / 2 == floor.sum() - 1


@pytest.mark.parametrize("size", SIZES)
def test_cells_outside_a_maze_are_wall(size):
    assert not (floors_of_mazes(size) & ~within(size)).any()


def test_maze_is_the_minimum_spanning_tree():
    ends = EDGES[..., 0] * LATTICE + EDGES[..., 1]
    for floor, weights in zip(floors_of_mazes(SIZE), draws(KRUSKAL_DRAWS), strict=True):
        graph = sparse.coo_array((weights, ends.T), (LATTICE**2, LATTICE**2))
        tree = sparse.csgraph.minimum_spanning_tree(graph.tocsr()).tocoo()
        expected = {tuple(sorted(pair)) for pair in zip(*tree.coords, strict=True)}
        column, row = EDGES.sum(axis=1).T
        opened = floor[SIZE - 1 - row, column]
        assert {tuple(sorted(pair)) for pair in ends[opened].tolist()} == expected


def test_edges_join_each_pair_of_neighbouring_places_once():
    assert len({frozenset(map(tuple, edge)) for edge in EDGES.tolist()}) == len(EDGES) == KRUSKAL_DRAWS
    assert len(EDGES) == 2 * LATTICE * (LATTICE - 1)
    assert (abs(EDGES[:, 0] - EDGES[:, 1]).sum(axis=1) == 1).all()
    assert (EDGES.min(), EDGES.max()) == (0, LATTICE - 1)


@pytest.mark.parametrize(("size", "different"), [(5, 20), (SIZE, COUNT)])
def test_other_draws_give_other_mazes(size, different):
    assert len({floor.tobytes() for floor in floors_of_mazes(size)}) >= different
    assert not (floors_of_mazes(size) == floors_of_mazes(size, seed=1)).all()


# Rooms.

_room = jax.jit(jax.vmap(mazes.room, (0, None, None, None)))


def floors_of_rooms(size, rate=RATE, least=1):
    return ~np.asarray(_room(draws(ROOM_DRAWS), size, rate, least))


@pytest.mark.parametrize("size", [3, 7, 8, SIZE])
def test_room_is_the_largest_part_of_the_floor(size):
    drawn = (draws(ROOM_DRAWS).reshape(COUNT, SIZE, SIZE) >= RATE) & within(size)
    repaired = 0
    for floor, before in zip(floors_of_rooms(size, least=0), drawn, strict=True):
        labels, parts = ndimage.label(before)
        sizes = ndimage.sum_labels(before, labels, range(1, parts + 1))
        assert floor_parts(floor) == 1
        assert not (floor & ~before).any()
        assert floor.sum() == sizes.max()
        repaired += parts > 1
    assert repaired > 5


def test_walls_of_a_room_have_the_given_rate():
    for rate in (0.1, RATE):
        share = 1 - floors_of_rooms(SIZE, rate).mean()
        # Floor that is not connected to the largest part adds a few walls.
        assert rate - 0.01 < share < rate + 0.06


@pytest.mark.parametrize("size", [3, 9])
@pytest.mark.parametrize(("rate", "least"), [(RATE, SIZE**2 + 1), (1.0, 1), (0.0, 1)])
def test_room_has_no_walls_if_too_little_floor_would_remain_or_the_rate_is_zero(size, rate, least):
    assert (floors_of_rooms(size, rate, least) == within(size)).all()


def test_room_loses_its_walls_exactly_where_too_few_cells_are_passable():
    least = 27
    usual, demanding = floors_of_rooms(7, least=0), floors_of_rooms(7, least=least)
    enough = np.array([(floor & (floor_ways(floor) >= 2)).sum() for floor in usual]) >= least
    assert 8 < enough.sum() < COUNT - 8
    assert (demanding[enough] == usual[enough]).all()
    assert (demanding[~enough] == within(7)).all()


# Passable cells.


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_passable_cells_are_floor_with_two_floor_neighbours(rate):
    walls = draws(ROOM_DRAWS, seed=2).reshape(COUNT, SIZE, SIZE) < rate
    passable = np.asarray(jax.jit(jax.vmap(mazes.passable))(walls))
    expected = np.stack([~wall & (floor_ways(~wall) >= 2) for wall in walls])
    assert (passable == expected).all()
    assert 0.05 < passable.mean() < 0.95


# Walking.


@pytest.fixture(scope="module")
def walked():
    """A layout with much floor at the edges, and the place after each action in each cell.

    The places are int[actions, rows, columns, 2], (column, row). The packed cells have a second channel, full
    of walls, which must not matter.
    """
    walls = draws(ROOM_DRAWS)[0].reshape(SIZE, SIZE) < 0.4
    planes = grid.pack(jnp.stack((jnp.ones_like(walls), walls), axis=-1), jnp.ones(2, bool))
    rows, columns = jnp.indices((SIZE, SIZE))

    @jax.jit
    @functools.partial(jax.vmap, in_axes=(None, None, 0))
    @functools.partial(jax.vmap, in_axes=(0, 0, None))
    @functools.partial(jax.vmap, in_axes=(0, 0, None))
    def after(x, y, action):
        return jnp.stack(mazes.walk(planes, 1, x, y, action))

    return walls, np.asarray(after(columns, rows, jnp.arange(4)))


@pytest.mark.parametrize(
    ("name", "step"), [("left", (-1, 0)), ("up", (0, -1)), ("right", (1, 0)), ("down", (0, 1))]
)
def test_walk_moves_by_one_cell_unless_a_wall_or_the_edge_is_in_the_way(walked, name, step):
    walls, after = walked
    action, outcomes = mazes.ACTIONS.index(name), {"moved": 0, "wall": 0, "edge": 0}
    for row, column in zip(*np.nonzero(~walls), strict=True):
        x, y = column + step[0], row + step[1]
        inside = 0 <= x < SIZE and 0 <= y < SIZE
        free = inside and not walls[y, x]
        assert after[action, row, column].tolist() == ([x, y] if free else [column, row])
        outcomes["moved" if free else "wall" if inside else "edge"] += 1
    assert min(outcomes.values()) > 3
