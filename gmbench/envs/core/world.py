"""Worlds: environments seen from above, in which an agent walks among walls and things.

A world derives the observation, the scene and the text from the places of the things. An author writes the
dynamics and little else.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import jax
import jax.numpy as jnp

from gmbench.envs.core import boards, grid, mazes
from gmbench.envs.core.boards import Board, Notation, Symbol
from gmbench.envs.core.environment import Environment, LevelT, StateT
from gmbench.envs.core.text import Legend

Things = tuple[jax.Array, jax.Array]
"""The things of one channel: their places, int32[things, 2], and whether each is there, bool[things]."""


class World(Environment[LevelT, StateT]):
    """A world of ``height`` x ``width`` cells.

    A level has the field ``cells``, a `gmbench.envs.core.grid.BitPlanes`. A state has the fields ``x`` and
    ``y``, the column and row of the agent; a world whose state has none overrides `agent_place`.

    The channels of the observation are, in this order: the cells of the level, which do not change (walls
    first); the things; and the signs, which the agent sees wherever it is. An author writes `things` and, if
    the environment has signs, `signs`.
    """

    height: ClassVar[int] = mazes.SIZE
    """Rows of the world, in cells."""
    width: ClassVar[int] = mazes.SIZE
    """Columns of the world, in cells."""
    actions: ClassVar[tuple[str, ...]] = mazes.ACTIONS

    @abc.abstractmethod
    def things(self, level: LevelT, state: StateT) -> Sequence[Things]:
        """Returns the things of each channel in a state, see `Things`."""

    def signs(self, level: LevelT, state: StateT) -> Sequence[jax.Array]:
        """Returns the rows of a view that each sign fills: uint16 scalars, bit k for row k from the top.

        A sign fills whole rows because agents learn a single cell among hundreds much more slowly.
        """
        return ()

    def agent_place(self, state: Any) -> tuple[jax.Array, jax.Array]:
        """Returns the column and row of the agent in the level, the centre of its view: int32 scalars."""
        return state.x, state.y

    def packed_view(self, level: LevelT, state: StateT) -> jax.Array:
        """Returns the packed observation of the cells around the agent: uint16[VIEW, channels]."""
        x, y = self.agent_place(state)
        layers = [grid.window(_cells(level), x, y)]
        for places, there in self.things(level, state):
            spots = jax.vmap(grid.spot, (0, None, None))(places, x, y)
            seen = jnp.where(there[:, None], spots, 0)
            layers.append(jax.lax.reduce(seen, jnp.uint16(0), jax.lax.bitwise_or, (0,)))
        layers += [jnp.full(grid.VIEW, sign, jnp.uint16) for sign in self.signs(level, state)]
        return jnp.column_stack(layers)

    def scene(self, level: LevelT, state: StateT) -> jax.Array:
        """Returns the level in a frame of wall: bool[height + 2, width + 2, channels].

        The last row of the frame shows the signs: its column k is filled where a sign fills row k of a view,
        counted from the last row of the view up.
        """
        cells = grid.unpack(_cells(level), self.height, self.width)
        walls = jnp.pad(cells[..., 0], 1, constant_values=True)
        still = jnp.pad(cells[..., 1:], ((1, 1), (1, 1), (0, 0)))
        rows, columns = jnp.indices(walls.shape)
        layers = [walls, *jnp.moveaxis(still, -1, 0)]
        for places, there in self.things(level, state):
            at = (columns[..., None] == places[:, 0] + 1) & (rows[..., None] == places[:, 1] + 1)
            layers.append(jnp.any(at & there, axis=-1))
        shown = jnp.maximum(grid.VIEW - 1 - columns, 0)
        stand = (rows == self.height + 1) & (columns < grid.VIEW)
        layers += [stand & (sign >> shown & 1).astype(bool) for sign in self.signs(level, state)]
        return jnp.stack(layers, axis=-1)

    def position(self, state: StateT) -> tuple[jax.Array, jax.Array]:
        """Returns the column and row of the agent in `scene`: int32 scalars."""
        x, y = self.agent_place(state)
        return x + 1, y + 1


def _cells(level: Any) -> grid.BitPlanes:
    cells: grid.BitPlanes = level.cells
    return cells


WorldStateT = TypeVar("WorldStateT")


class BoardWorld(World[Board, WorldStateT]):
    """A world whose levels are boards. An author names the channels and the symbols of the things.

    The class variables from `symbols` on are the fields of `gmbench.envs.core.boards.Notation`.
    """

    shown: ClassVar[tuple[tuple[int, ...], ...]] = ()
    """For each channel of things, the things that it shows, as indices of ``Board.places``."""
    symbols: ClassVar[Mapping[str, Symbol]] = {}
    """See ``Notation.things``."""
    still: ClassVar[Mapping[str, str]] = {}
    """See ``Notation.still``."""
    together: ClassVar[Mapping[str, str]] = {}
    """See ``Notation.together``."""
    facts: ClassVar[Mapping[str, str]] = {}
    """See ``Notation.facts``."""
    cues: ClassVar[boards.Cues] = ("places",)
    """See `gmbench.envs.core.boards.Board`."""

    def places(self, level: Board, state: WorldStateT) -> jax.Array:
        """Returns the places of the things in a state: int32[things, 2], `NOWHERE` for absent things."""
        del state
        return level.places

    def things(self, level: Board, state: WorldStateT) -> Sequence[Things]:
        """Returns the things of each channel in a state, see `Things`."""
        places = self.places(level, state)
        return [(places[jnp.array(shown)], jnp.ones(len(shown), bool)) for shown in self.shown]

    def parse(self, text: str) -> Board:
        """Reads a level from text, see `gmbench.envs.core.boards`."""
        return boards.parse(text, self.notation)

    def draw(self, level: Board, state: WorldStateT | None = None) -> str:
        """Writes a level as text, see `gmbench.envs.core.boards`."""
        if state is None:
            return boards.draw(level, self.notation)
        return boards.draw(level, self.notation, self.agent_place(state), self.places(level, state))

    @property
    def notation(self) -> Notation:
        """The text format of its levels."""
        return Notation(
            self.height,
            self.width,
            self.symbols,
            self.still,
            self.together,
            self.facts,
            self.cues,
        )

    @property
    def legend(self) -> Legend:
        """The meaning of the symbols and of the facts of its levels as text."""
        return self.notation.legend

    def fact(self, level: Board, name: str) -> jax.Array:
        """Returns the fact with a name from `facts`: int32."""
        return level.facts[list(self.facts).index(name)]
