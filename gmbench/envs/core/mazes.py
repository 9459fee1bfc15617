"""Mazes: square layouts of walls and floor seen from above, and how an agent walks in them.

A layout is bool[SIZE, SIZE], True for wall. One of ``size`` cells lies at the bottom left, and all outside it
is wall.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import chex
import jax
import jax.numpy as jnp
import numpy as np

from gmbench.envs.core.grid import BitPlanes, filled
from gmbench.envs.core.options import fix_options

SIZE = 13
"""Rows and columns of the world; of cells, walls between them included."""
LATTICE = (SIZE + 1) // 2
"""Rows and columns of places that a maze of full size connects; walls or passages lie between them."""
ACTIONS = ("left", "up", "right", "down")
STEPS = ((-1, 0), (0, -1), (1, 0), (0, 1))
"""Columns and rows that each action moves by."""
FAR = SIZE * SIZE
"""More steps than any way has."""


Layout = Literal["maze", "room"]


def _edges() -> np.ndarray:
    """Neighbouring places of the lattice: int[edges, 2 ends, 2], (column, row from the bottom)."""
    places = [(column, row) for column in range(LATTICE) for row in range(LATTICE)]
    right = [((column, row), (column + 1, row)) for column, row in places if column + 1 < LATTICE]
    up = [((column, row), (column, row + 1)) for column, row in places if row + 1 < LATTICE]
    return np.array(right + up)


EDGES = _edges()
KRUSKAL_DRAWS = len(EDGES)
ROOM_DRAWS = SIZE * SIZE
LAYOUT_DRAWS = 2 + KRUSKAL_DRAWS + ROOM_DRAWS


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layouts:
    """A distribution over layouts: what the level generators of mazes have in common.

    Attributes:
        layouts: the kinds that are drawn from. ``maze``: a perfect maze; ``room``: an open room with walls on
            random cells, as in Abdel Sadek et al. (2025).
        sizes: the sizes that are drawn from, in cells, odd and at most 13.
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
        """Walls, bool[SIZE, SIZE]; all floor is connected.

        Args:
            draws: float32[LAYOUT_DRAWS], uniform in [0, 1).
            least: see `room`.
        """
        size = choose(draws[0], self.sizes)
        maze_draws, room_draws = jnp.split(draws[2:], (KRUSKAL_DRAWS,))
        a_room = room(room_draws, size, self.walls, least)
        if "maze" not in self.layouts:  # A maze takes by far the longest.
            return a_room
        is_maze = choose(draws[1], tuple(layout == "maze" for layout in self.layouts))
        return jnp.where(is_maze, kruskal(maze_draws, size), a_room)

    def layout_and_orders(
        self, key: jax.Array, orders: int, least: chex.Numeric = 0
    ) -> tuple[jax.Array, jax.Array]:
        """Walls, bool[SIZE, SIZE], and so many orders of the cells for `pick`, float32[orders, cells]."""
        draws = jax.random.uniform(key, (LAYOUT_DRAWS + orders * ROOM_DRAWS,))
        return self.layout(draws[:LAYOUT_DRAWS], least), draws[LAYOUT_DRAWS:].reshape(orders, ROOM_DRAWS)


def choose(draw: jax.Array, options: tuple[Any, ...]) -> jax.Array:
    """One of the options, from a uniform draw in [0, 1)."""
    return jnp.asarray(options)[jnp.floor(draw * len(options)).astype(jnp.int32)]


def place(cell: chex.Numeric) -> jax.Array:
    """Column and row of the number of a cell, counted row by row: int32[..., 2]."""
    row, column = jnp.divmod(jnp.asarray(cell), SIZE)
    return jnp.stack((column, row), axis=-1).astype(jnp.int32)


def pick(order: jax.Array, allowed: jax.Array) -> jax.Array:
    """The allowed cell whose draw is the least: its number, int32.

    Args:
        order: float32[cells], uniform in [0, 1).
        allowed: bool[rows, columns].
    """
    return jnp.argmin(jnp.where(allowed.ravel(), order, 2.0)).astype(jnp.int32)


def kruskal(draws: jax.Array, size: chex.Numeric) -> jax.Array:
    """A perfect maze, one path between any two cells, by Kruskal's algorithm with random weights.

    Args:
        draws: float32[KRUSKAL_DRAWS], uniform in [0, 1).
        size: odd, at most `SIZE`.
    """
    ends = jnp.asarray(EDGES[..., 0] * LATTICE + EDGES[..., 1])
    inside = jnp.all(jnp.asarray(EDGES) < (jnp.asarray(size) + 1) // 2, axis=(1, 2))

    def join(parts: jax.Array, edge: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Opens an edge if it joins two parts of the lattice; a part is named by one of its places."""
        one, other = parts[ends[edge, 0]], parts[ends[edge, 1]]
        joins = (one != other) & inside[edge]
        return jnp.where(joins & (parts == other), one, parts), joins

    order = jnp.argsort(draws)
    joined = jax.lax.scan(join, jnp.arange(LATTICE**2), order)[1]
    passages = jnp.zeros(len(EDGES), bool).at[order].set(joined)
    # A passage lies between its two ends, and so at the sum of their coordinates.
    column, row = EDGES.sum(axis=1).T
    floor = jnp.zeros((SIZE, SIZE), bool).at[SIZE - 1 - row, column].set(passages)
    rows, columns = _coordinates()
    places = (rows % 2 == 0) & (columns % 2 == 0) & _within(size)
    return ~(floor | places)


def room(draws: jax.Array, size: chex.Numeric, rate: float, least: chex.Numeric) -> jax.Array:
    """An open room with walls on random cells, and all its floor connected.

    Floor that is cut off from the largest part becomes wall; where fewer than ``least`` cells with two ways
    out would be left, the room has no walls at all.

    Args:
        draws: float32[ROOM_DRAWS], uniform in [0, 1).
        size: at most `SIZE`.
        rate: probability of a wall on each cell.
        least: see above.
    """
    floor = (draws.reshape(SIZE, SIZE) >= rate) & _within(size)
    largest = largest_part(floor)
    enough = jnp.sum(passable(~largest)) >= least
    return ~jnp.where(enough, largest, _within(size))


def largest_part(floor: jax.Array) -> jax.Array:
    """The connected part of the floor that has the most cells: bool[SIZE, SIZE]."""
    part = _parts(floor)
    sizes = jnp.sum(part.ravel()[:, None] == jnp.arange(SIZE**2), axis=0)
    return floor & (part == jnp.argmax(sizes))


def passable(walls: jax.Array) -> jax.Array:
    """Floor that is no dead end, with two or more ways out: bool[SIZE, SIZE]."""
    ways = sum(neighbour.astype(jnp.int32) for neighbour in _neighbours(~walls, False))
    return ~walls & (ways >= 2)


def distances(walls: jax.Array, start: jax.Array) -> jax.Array:
    """Steps from a place to every cell, around the walls: int32[SIZE, SIZE]; `FAR` where no way leads.

    Args:
        walls: bool[SIZE, SIZE].
        start: int32[2], (column, row).
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
    """Column and row after an action, an index of `ACTIONS`; a wall holds the agent where it is."""
    right, down = jnp.asarray(STEPS, jnp.int32)[action]
    column = walls.columns(x + right, 1)[0, channel]
    free = ~filled(column, y + down)
    return x + free * right, y + free * down


def _coordinates() -> tuple[jax.Array, jax.Array]:
    """Row counted from the bottom, int32[SIZE, 1], and column, int32[1, SIZE]."""
    return jnp.arange(SIZE - 1, -1, -1)[:, None], jnp.arange(SIZE)[None]


def _within(size: chex.Numeric) -> jax.Array:
    """The cells of a layout: bool[SIZE, SIZE]."""
    rows, columns = _coordinates()
    return (rows < size) & (columns < size)


def _neighbours(cells: jax.Array, outside: chex.Numeric) -> list[jax.Array]:
    """What lies one cell off in each of the four directions, in the shape of ``cells``."""
    padded = jnp.pad(cells, 1, constant_values=outside)
    return [padded[1 + down : 1 + down + SIZE, 1 + right : 1 + right + SIZE] for right, down in STEPS]


def _parts(floor: jax.Array) -> jax.Array:
    """The connected part that each cell of the floor belongs to, named by a cell's number; else -1."""
    numbers = jnp.where(floor, jnp.arange(SIZE**2).reshape(SIZE, SIZE), -1)

    def spread(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        part, _ = carry
        highest = jnp.max(jnp.stack([part, *_neighbours(part, -1)]), axis=0)
        after = jnp.where(floor, highest, -1)
        return after, jnp.any(after != part)

    return jax.lax.while_loop(lambda carry: carry[1], spread, (numbers, jnp.bool_(True)))[0]
