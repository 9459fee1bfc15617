"""Mazes: square layouts of walls and floor seen from above, and the rule by which an agent walks in them.

A layout is bool[SIZE, SIZE], true for wall. A layout of ``size`` rows and columns lies at the bottom left of
this array; all cells outside it are wall.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import chex
import jax
import jax.numpy as jnp
import numpy as np

from gmbench.envs.core.grid import BitPlanes, filled
from gmbench.envs.core.options import choose, fix_options

SIZE = 13
"""Rows and columns of the largest layout, in cells."""
LATTICE = (SIZE + 1) // 2
"""Rows and columns of the lattice: the cells that a maze of full size connects, every other cell."""
ACTIONS = ("left", "up", "right", "down")
"""Names of the actions of an agent that walks."""
STEPS = ((-1, 0), (0, -1), (1, 0), (0, 1))
"""Columns and rows by which each action moves the agent."""
FAR = SIZE * SIZE
"""A number of steps that is larger than any distance."""


Layout = Literal["maze", "room"]


def _edges() -> np.ndarray:
    """Lists the pairs of neighbouring lattice places: int[edges, ends, 2], (column, row from the bottom)."""
    places = [(column, row) for column in range(LATTICE) for row in range(LATTICE)]
    right = [((column, row), (column + 1, row)) for column, row in places if column + 1 < LATTICE]
    up = [((column, row), (column, row + 1)) for column, row in places if row + 1 < LATTICE]
    return np.array(right + up)


EDGES = _edges()
"""The edges of the lattice, see `_edges`."""
KRUSKAL_DRAWS = len(EDGES)
"""Random numbers that a maze takes."""
ROOM_DRAWS = SIZE * SIZE
"""Random numbers that a room takes."""
LAYOUT_DRAWS = 2 + KRUSKAL_DRAWS + ROOM_DRAWS
"""Random numbers that a layout takes: its size, its kind, a maze and a room."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layouts:
    """A distribution over layouts; the level generators of mazes derive from it.

    Attributes:
        layouts: the kinds of layout, drawn uniformly. ``maze``: a perfect maze; ``room``: an open room with
            walls on random cells, as in Abdel Sadek et al. (2025).
        sizes: rows and columns of the layout in cells, drawn uniformly; odd, from 3 to 13.
        walls: probability of a wall on each cell of a room.
    """

    layouts: tuple[Layout, ...] = ("maze", "room")
    sizes: tuple[int, ...] = (5, 7, 9, 11, 13)
    walls: float = 0.25

    def __post_init__(self) -> None:
        fix_options(self, "layouts", "sizes")
        if not set(self.layouts) <= {"maze", "room"}:
            raise ValueError(f"layouts are maze and room, not {self.layouts}")
        if any(size % 2 == 0 or not 3 <= size <= SIZE for size in self.sizes):
            raise ValueError(f"sizes are odd, from 3 to {SIZE}, not {self.sizes}")
        if not 0.0 <= self.walls <= 1.0:
            raise ValueError(f"walls is a probability, not {self.walls}")

    def layout(self, draws: jax.Array, least: chex.Numeric = 0) -> jax.Array:
        """Generates a layout, bool[SIZE, SIZE], in which all floor is connected.

        Args:
            draws: float32[LAYOUT_DRAWS], uniform in [0, 1).
            least: see `room`.
        """
        size = choose(draws[0], self.sizes)
        maze_draws, room_draws = jnp.split(draws[2:], (KRUSKAL_DRAWS,))
        a_room = room(room_draws, size, self.walls, least)
        if "maze" not in self.layouts:  # A maze takes much longer to generate than a room.
            return a_room
        is_maze = choose(draws[1], tuple(layout == "maze" for layout in self.layouts))
        return jnp.where(is_maze, kruskal(maze_draws, size), a_room)

    def layout_and_orders(
        self, key: jax.Array, orders: int, least: chex.Numeric = 0
    ) -> tuple[jax.Array, jax.Array]:
        """Generates a layout and random orders of its cells.

        Args:
            key: the random key.
            orders: number of orders.
            least: see `room`.

        Returns:
            The walls, bool[SIZE, SIZE], and the orders for `pick`, float32[orders, cells].
        """
        draws = jax.random.uniform(key, (LAYOUT_DRAWS + orders * ROOM_DRAWS,))
        return self.layout(draws[:LAYOUT_DRAWS], least), draws[LAYOUT_DRAWS:].reshape(orders, ROOM_DRAWS)


def place(cell: chex.Numeric) -> jax.Array:
    """Converts cell numbers, counted row by row, to places: int[...] to int32[..., 2], (column, row)."""
    row, column = jnp.divmod(jnp.asarray(cell), SIZE)
    return jnp.stack((column, row), axis=-1).astype(jnp.int32)


def pick(order: jax.Array, allowed: jax.Array) -> jax.Array:
    """Picks the allowed cell with the smallest draw and returns its number, counted row by row: int32.

    Args:
        order: float32[cells], uniform in [0, 1).
        allowed: bool[rows, columns], the cells to pick from.
    """
    return jnp.argmin(jnp.where(allowed.ravel(), order, 2.0)).astype(jnp.int32)


def kruskal(draws: jax.Array, size: chex.Numeric) -> jax.Array:
    """Generates a perfect maze by Kruskal's algorithm: bool[SIZE, SIZE], one path between any two cells.

    Args:
        draws: float32[KRUSKAL_DRAWS], uniform in [0, 1): the weights of the edges.
        size: rows and columns, odd, at most `SIZE`.
    """
    ends = jnp.asarray(EDGES[..., 0] * LATTICE + EDGES[..., 1])
    inside = jnp.all(jnp.asarray(EDGES) < (jnp.asarray(size) + 1) // 2, axis=(1, 2))

    def join(parts: jax.Array, edge: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Opens an edge if it joins two parts of the lattice. A part has the number of one of its places."""
        one, other = parts[ends[edge, 0]], parts[ends[edge, 1]]
        joins = (one != other) & inside[edge]
        return jnp.where(joins & (parts == other), one, parts), joins

    order = jnp.argsort(draws)
    joined = jax.lax.scan(join, jnp.arange(LATTICE**2), order)[1]
    passages = jnp.zeros(len(EDGES), bool).at[order].set(joined)
    # Lattice coordinates are half the cell coordinates, so a passage lies at the sum of those of its ends.
    column, row = EDGES.sum(axis=1).T
    floor = jnp.zeros((SIZE, SIZE), bool).at[SIZE - 1 - row, column].set(passages)
    rows, columns = _coordinates()
    places = (rows % 2 == 0) & (columns % 2 == 0) & _within(size)
    return ~(floor | places)


def room(draws: jax.Array, size: chex.Numeric, rate: float, least: chex.Numeric) -> jax.Array:
    """Generates an open room with walls on random cells: bool[SIZE, SIZE]. All floor is connected.

    Floor that is not connected to the largest part becomes wall. If fewer than ``least`` passable cells
    remain (see `passable`), the room gets no walls at all.

    Args:
        draws: float32[ROOM_DRAWS], uniform in [0, 1).
        size: rows and columns, at most `SIZE`.
        rate: probability of a wall on each cell.
        least: the smallest number of passable cells.
    """
    floor = (draws.reshape(SIZE, SIZE) >= rate) & _within(size)
    largest = largest_part(floor)
    enough = jnp.sum(passable(~largest)) >= least
    return ~jnp.where(enough, largest, _within(size))


def largest_part(floor: jax.Array) -> jax.Array:
    """Returns the connected part of the floor that has the most cells: bool[SIZE, SIZE]."""
    part = _parts(floor)
    sizes = jnp.sum(part.ravel()[:, None] == jnp.arange(SIZE**2), axis=0)
    return floor & (part == jnp.argmax(sizes))


def passable(walls: jax.Array) -> jax.Array:
    """Returns the floor cells that have at least two floor neighbours: bool[SIZE, SIZE]."""
    ways = sum(neighbour.astype(jnp.int32) for neighbour in _neighbours(~walls, False))
    return ~walls & (ways >= 2)


def distances(walls: jax.Array, start: jax.Array) -> jax.Array:
    """Returns the steps from a place to every cell, around the walls: int32[SIZE, SIZE].

    Cells that cannot be reached have the distance `FAR`.

    Args:
        walls: bool[SIZE, SIZE].
        start: int32[2], (column, row) of the place.
    """
    rows, columns = jnp.indices(walls.shape)
    nowhere = jnp.where((columns == start[0]) & (rows == start[1]), 0, FAR)

    def spread(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        steps, _ = carry
        nearest = jnp.min(jnp.stack(_neighbours(steps, FAR)), axis=0) + 1
        after = jnp.minimum(steps, jnp.where(walls, FAR, nearest))
        return after, jnp.any(after != steps)

    return jax.lax.while_loop(lambda carry: carry[1], spread, (nowhere, jnp.bool_(True)))[0]


def walk(
    walls: BitPlanes, channel: int, x: jax.Array, y: jax.Array, action: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Moves an agent by one cell, unless a wall is in the way: (column, row), int32 scalars.

    Args:
        walls: the cells of the level.
        channel: the channel of ``walls`` that stops the agent.
        x: int32, column of the agent.
        y: int32, row of the agent.
        action: int32, an index of `ACTIONS`.
    """
    right, down = jnp.asarray(STEPS, jnp.int32)[action]
    column = walls.columns(x + right, 1)[0, channel]
    free = ~filled(column, y + down)
    return x + free * right, y + free * down


def _coordinates() -> tuple[jax.Array, jax.Array]:
    """Returns the rows counted from the bottom, int32[SIZE, 1], and the columns, int32[1, SIZE]."""
    return jnp.arange(SIZE - 1, -1, -1)[:, None], jnp.arange(SIZE)[None]


def _within(size: chex.Numeric) -> jax.Array:
    """Returns the cells that belong to a layout of ``size`` rows and columns: bool[SIZE, SIZE]."""
    rows, columns = _coordinates()
    return (rows < size) & (columns < size)


def _neighbours(cells: jax.Array, outside: chex.Numeric) -> list[jax.Array]:
    """Returns the values of the neighbours in each of the four directions, each in the shape of ``cells``."""
    padded = jnp.pad(cells, 1, constant_values=outside)
    return [padded[1 + down : 1 + down + SIZE, 1 + right : 1 + right + SIZE] for right, down in STEPS]


def _parts(floor: jax.Array) -> jax.Array:
    """Returns the connected part of each floor cell, as the largest cell number in it; -1 for walls."""
    numbers = jnp.where(floor, jnp.arange(SIZE**2).reshape(SIZE, SIZE), -1)

    def spread(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        part, _ = carry
        highest = jnp.max(jnp.stack([part, *_neighbours(part, -1)]), axis=0)
        after = jnp.where(floor, highest, -1)
        return after, jnp.any(after != part)

    return jax.lax.while_loop(lambda carry: carry[1], spread, (numbers, jnp.bool_(True)))[0]
