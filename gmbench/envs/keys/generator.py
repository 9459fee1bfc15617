"""The level generator of Keys & Chests: a maze or a room with k items of one kind and 2k of the other.

Every level is solvable by construction: all its floor is connected, and nothing blocks the way.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from gmbench.envs.core import grid
from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.mazes import LAYOUT_DRAWS, SIZE, Layouts, passable, pick, place
from gmbench.envs.core.options import choose, fix_options
from gmbench.envs.keys.level import MOST_ITEMS, KeysLevel

Kind = Literal["keys", "chests"]
"""The two kinds of items."""


@dataclasses.dataclass(frozen=True)
class KeysLevels(Layouts):
    """A distribution over Keys & Chests levels.

    The same random key with another ``plenty`` generates the same level, in which k of the items are of the
    other kind.

    Attributes:
        plenty: the kind of items that there are more of. ``chests``: k keys and 2k chests, as in the training
            levels of Langosco et al. (2022, section 3.3). ``keys``: 2k keys and k chests, as in their shift.
        numbers: values of k, drawn uniformly.
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
            raise ValueError(f"plenty must be keys or chests, not {self.plenty!r}")
        if min(self.numbers) < 1 or self.items > MOST_ITEMS:
            raise ValueError(f"numbers must lie between 1 and {MOST_ITEMS // 3}, not {self.numbers}")
        # A perfect maze of n x n places has n * n - 1 passages between them, which are no dead ends. At least
        # one of the places is no dead end either.
        room_for = ((min(self.sizes) + 1) // 2) ** 2
        if self.items > room_for:
            raise ValueError(
                f"a maze of {min(self.sizes)} cells has room for {room_for} items, not {self.items}"
            )

    @property
    def items(self) -> int:
        """The largest number of items that a level can have."""
        return 3 * max(self.numbers)

    def __call__(self, key: jax.Array) -> KeysLevel:
        """Generates one level."""
        draws = jax.random.uniform(key, (1 + LAYOUT_DRAWS + SIZE**2,))
        kind, layout_draws, order = jnp.split(draws, (1, 1 + LAYOUT_DRAWS))
        number = choose(kind[0], self.numbers)
        walls = self.layout(layout_draws, least=3 * number + 1)
        places, start = self._places(order, walls, number)
        keys, chests = self._kinds(number)
        cells = grid.pack(walls[..., None], jnp.ones(1, bool))
        return KeysLevel(cells=cells, start=start, places=places, keys=keys, chests=chests)

    def _places(self, order: jax.Array, walls: jax.Array, number: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Returns the places of the items, int32[items, 2], and the start, int32[2].

        They are different cells, and no item is in a dead end.

        Args:
            order: float32[SIZE**2], a random order of the cells, see `gmbench.envs.core.mazes.pick`.
            walls: bool[SIZE, SIZE].
            number: int32, k; there are 3k items.
        """
        cells = jnp.argsort(jnp.where(passable(walls).ravel(), order, 2.0))[: self.items]
        there = jnp.arange(self.items) < 3 * number
        taken = jnp.zeros(SIZE**2, bool).at[cells].set(there)
        start = pick(order, ~walls & ~taken.reshape(walls.shape))
        places = jnp.where(there[:, None], place(cells), NOWHERE)
        return places, place(start)

    def _kinds(self, number: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Returns the sets of the items that are keys and that are chests: uint32 each."""
        # Keys come first for both values of plenty: the keys of a training level stay keys under shift.
        keys = _first(jnp.where(self.plenty == "keys", 2 * number, number))
        return keys, _first(3 * number) & ~keys


def _first(count: jax.Array) -> jax.Array:
    """Returns the set of the first ``count`` items, at most 31: uint32."""
    return (jnp.uint32(1) << count.astype(jnp.uint32)) - 1
