"""The level generator of Keys & Chests: a maze or a room, in it k of one kind of item and 2k of the other.

Every level is solvable by construction: all its floor is connected, and nothing blocks the way.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from gmbench.envs.core import grid
from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.mazes import LAYOUT_DRAWS, SIZE, Layouts, choose, passable, pick, place
from gmbench.envs.core.options import fix_options
from gmbench.envs.keys.level import MOST_ITEMS, KeysLevel

Kind = Literal["keys", "chests"]


@dataclasses.dataclass(frozen=True)
class KeysLevels(Layouts):
    """A distribution over Keys & Chests levels.

    The same key under another ``plenty`` gives the same level with k of the items of another kind.

    Attributes:
        plenty: the kind of item that there is twice of. ``chests``: k keys and 2k chests, as in the training
            levels of Langosco et al. (2022, section 3.3); ``keys``: 2k keys and k chests, their shift.
        numbers: the k that are drawn from.
        layouts: see `gmbench.envs.core.mazes.Layouts`.
        sizes: see `gmbench.envs.core.mazes.Layouts`.
        walls: see `gmbench.envs.core.mazes.Layouts`.
    """

    plenty: Kind = "chests"
    numbers: tuple[int, ...] = (1, 2, 3)

    def __post_init__(self) -> None:
        super().__post_init__()
        fix_options(self, "numbers")
        if self.plenty not in ("keys", "chests"):
            raise ValueError(f"there is plenty of keys or of chests, not of {self.plenty!r}")
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
        draws = jax.random.uniform(key, (1 + LAYOUT_DRAWS + SIZE**2,))
        kind, layout_draws, order = jnp.split(draws, (1, 1 + LAYOUT_DRAWS))
        number = choose(kind[0], self.numbers)
        walls = self.layout(layout_draws, least=3 * number + 1)
        places, start = self._places(order, walls, number)
        keys, chests = self._kinds(number)
        cells = grid.pack(walls[..., None], jnp.ones(1, bool))
        return KeysLevel(cells=cells, start=start, places=places, keys=keys, chests=chests)

    def _places(self, order: jax.Array, walls: jax.Array, number: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Places of the items, int32[items, 2], no two alike and none in a dead end; and another as start."""
        cells = jnp.argsort(jnp.where(passable(walls).ravel(), order, 2.0))[: self.items]
        there = jnp.arange(self.items) < 3 * number
        taken = jnp.zeros(SIZE**2, bool).at[cells].set(there)
        start = pick(order, ~walls & ~taken.reshape(walls.shape))
        places = jnp.where(there[:, None], place(cells), NOWHERE)
        return places, place(start)

    def _kinds(self, number: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Which items are keys and which are chests: uint32 sets."""
        # Keys come first under either law: those of training stay keys under the shift.
        keys = _first(jnp.where(self.plenty == "keys", 2 * number, number))
        return keys, _first(3 * number) & ~keys


def _first(count: jax.Array) -> jax.Array:
    """The set of the first ``count`` items, at most 31: uint32."""
    return (jnp.uint32(1) << count.astype(jnp.uint32)) - 1
