"""The level generator of Keys & Chests: a maze or a room, in it k of one kind of item and 2k of the other.

Every level is solvable by construction: all its floor is connected, and nothing blocks the way.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from gmbench.envs import grid
from gmbench.envs.keys.level import MOST_ITEMS, NOWHERE, KeysLevel
from gmbench.envs.mazes import KRUSKAL_DRAWS, ROOM_DRAWS, SIZE, kruskal, passable, room

Kind = Literal["keys", "chests"]
Layout = Literal["maze", "room"]


@dataclasses.dataclass(frozen=True)
class KeysLevels:
    """A distribution over Keys & Chests levels.

    The same key under another ``plenty`` gives the same level with k of the items of another kind.

    Attributes:
        plenty: the kind of item that there is twice of. ``chests``: k keys and 2k chests, as in the training
            levels of Langosco et al. (2022, section 3.3); ``keys``: 2k keys and k chests, their shift.
        numbers: the k that are drawn from.
        layouts: the layouts that are drawn from. ``maze``: a perfect maze; ``room``: an open room with walls
            on random cells, as in Abdel Sadek et al. (2025).
        sizes: the sizes that are drawn from, in cells, odd and at most 13.
        walls: probability of a wall on each cell of a room.
    """

    plenty: Kind = "chests"
    numbers: tuple[int, ...] = (1, 2, 3)
    layouts: tuple[Layout, ...] = ("maze", "room")
    sizes: tuple[int, ...] = (5, 7, 9, 11, 13)
    walls: float = 0.25

    def __post_init__(self) -> None:
        for name in ("numbers", "layouts", "sizes"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty; name at least one")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.plenty not in ("keys", "chests"):
            raise ValueError(f"there is plenty of keys or of chests, not of {self.plenty!r}")
        if not set(self.layouts) <= {"maze", "room"}:
            raise ValueError(f"layouts are maze and room, not {self.layouts}")
        if any(size % 2 == 0 or not 3 <= size <= SIZE for size in self.sizes):
            raise ValueError(f"sizes are odd, from 3 to {SIZE}, not {self.sizes}")
        if not 0.0 <= self.walls <= 1.0:
            raise ValueError(f"walls is a probability, not {self.walls}")
        if min(self.numbers) < 1 or self.items > MOST_ITEMS:
            raise ValueError(f"numbers lie between 1 and {MOST_ITEMS // 3}, not {self.numbers}")
        # A perfect maze of n x n places has n * n - 1 passages between them, none of which is a dead end,
        # and one place at least that is none either.
        room_for = ((min(self.sizes) + 1) // 2) ** 2
        if self.items > room_for:
            raise ValueError(
                f"a maze of {min(self.sizes)} cells has room for {room_for} items, not {self.items}"
            )

    @property
    def items(self) -> int:
        """Items that a level can have."""
        return 3 * max(self.numbers)

    def __call__(self, key: jax.Array) -> KeysLevel:
        """One level."""
        draws = jax.random.uniform(key, (3 + KRUSKAL_DRAWS + ROOM_DRAWS + SIZE**2,))
        choices, maze_draws, room_draws, order = jnp.split(
            draws, (3, 3 + KRUSKAL_DRAWS, 3 + KRUSKAL_DRAWS + ROOM_DRAWS)
        )
        number, size = _choose(choices[0], self.numbers), _choose(choices[1], self.sizes)
        is_maze = _choose(choices[2], tuple(layout == "maze" for layout in self.layouts))
        least = 3 * number + 1
        walls = jnp.where(is_maze, kruskal(maze_draws, size), room(room_draws, size, self.walls, least))
        places, start = self._places(order, walls, number)
        keys, chests = self._kinds(number)
        cells = grid.pack(walls[..., None], jnp.ones(1, bool))
        return KeysLevel(cells=cells, start=start, places=places, keys=keys, chests=chests)

    def _places(self, order: jax.Array, walls: jax.Array, number: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Places of the items, int32[items, 2], no two alike and none in a dead end; and another as start."""
        cells = jnp.argsort(jnp.where(passable(walls).ravel(), order, 2.0))[: self.items]
        there = jnp.arange(self.items) < 3 * number
        taken = jnp.zeros(SIZE**2, bool).at[cells].set(there)
        start = jnp.argmin(jnp.where(~walls.ravel() & ~taken, order, 2.0))
        places = jnp.where(there[:, None], _place(cells), NOWHERE)
        return places, _place(start)

    def _kinds(self, number: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Which items are keys and which are chests: uint32 sets."""
        # Keys come first under either law: those of training stay keys under the shift.
        keys = _first(jnp.where(self.plenty == "keys", 2 * number, number))
        return keys, _first(3 * number) & ~keys


def _choose(draw: jax.Array, options: tuple[int | bool, ...]) -> jax.Array:
    """One of the options, from a uniform draw in [0, 1)."""
    return jnp.asarray(options)[jnp.floor(draw * len(options)).astype(jnp.int32)]


def _first(count: jax.Array) -> jax.Array:
    """The set of the first ``count`` items, at most 31: uint32."""
    return (jnp.uint32(1) << count.astype(jnp.uint32)) - 1


def _place(cell: jax.Array) -> jax.Array:
    """Column and row of the number of a cell: int32[..., 2]."""
    row, column = jnp.divmod(cell, SIZE)
    return jnp.stack((column, row), axis=-1).astype(jnp.int32)
