"""Worlds: environments seen from above, in which an agent walks among walls and things.

What is seen, the picture and the text all follow from where the things are, so that an author writes the
dynamics and little else.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import jax
import jax.numpy as jnp

from gmbench.envs.core import boards, grid, mazes
from gmbench.envs.core.boards import Board, Notation
from gmbench.envs.core.environment import Environment, LevelT, StateT

Things = tuple[jax.Array, jax.Array]
"""Places, int32[things, 2], and which of the things are there, bool[things]."""


class World(Environment[LevelT, StateT]):
    """A world of ``height`` x ``width`` cells. The state has the agent's place as ``x`` and ``y``.

    The channels of the observation are, in this order: what stands still (the level's cells, walls first),
    things, and signs, which are seen wherever the agent is. An author writes `things` and, where there are
    signs, `signs`.
    """

    height: ClassVar[int] = mazes.SIZE
    width: ClassVar[int] = mazes.SIZE
    actions: ClassVar[tuple[str, ...]] = mazes.ACTIONS

    @abc.abstractmethod
    def things(self, level: LevelT, state: StateT) -> Sequence[Things]:
        """What is where now, for each channel of things."""

    def signs(self, level: LevelT, state: StateT) -> Sequence[jax.Array]:
        """The rows of a view that each sign fills: uint16 scalars, bit k for row k from the top.

        A sign fills whole rows, since a single cell among hundreds is learned much more slowly.
        """
        return ()

    def packed_view(self, level: LevelT, state: StateT) -> jax.Array:
        """What lies around the agent: uint16[VIEW, channels]."""
        x, y = self._of(state)
        layers = [grid.window(self._cells(level), x, y)]
        for places, there in self.things(level, state):
            spots = jax.vmap(grid.spot, (0, None, None))(places, x, y)
            seen = jnp.where(there[:, None], spots, 0)
            layers.append(jax.lax.reduce(seen, jnp.uint16(0), jax.lax.bitwise_or, (0,)))
        layers += [jnp.full(grid.VIEW, sign, jnp.uint16) for sign in self.signs(level, state)]
        return jnp.column_stack(layers)

    def scene(self, level: LevelT, state: StateT) -> jax.Array:
        """The level in a frame of wall: bool[height + 2, width + 2, channels].

        Signs stand in the frame's last row: its cell k shows row k of a view, counted from the last one up.
        """
        cells = grid.unpack(self._cells(level), self.height, self.width)
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
        """Column and row of the agent in a scene."""
        x, y = self._of(state)
        return x + 1, y + 1

    def _cells(self, level: Any) -> grid.BitPlanes:
        """What stands still on a level."""
        cells: grid.BitPlanes = level.cells
        return cells

    def _of(self, state: Any) -> tuple[jax.Array, jax.Array]:
        """Where the agent is."""
        return state.x, state.y


WorldStateT = TypeVar("WorldStateT")


class BoardWorld(World[Board, WorldStateT]):
    """A world whose levels are boards. An author names what the boards' things look like."""

    shown: ClassVar[tuple[tuple[int, ...], ...]] = ()
    """For each channel of things, which of them it shows: their indices in ``Board.places``."""
    symbols: ClassVar[Mapping[str, Sequence[int]]] = {}
    """See `gmbench.envs.core.boards.Notation.things`, and so for the next ones."""
    still: ClassVar[str] = ""
    together: ClassVar[Mapping[str, str]] = {}
    facts: ClassVar[tuple[str, ...]] = ()
    least: ClassVar[Mapping[str, int]] = {}
    cues: ClassVar[boards.Cues] = ("places",)

    def places(self, level: Board, state: WorldStateT) -> jax.Array:
        """Where the things are now: int32[things, 2]; `gmbench.envs.core.boards.NOWHERE` for what is gone."""
        del state
        return level.places

    def things(self, level: Board, state: WorldStateT) -> Sequence[Things]:
        """What is where now, for each channel of things."""
        places = self.places(level, state)
        return [(places[jnp.array(shown)], jnp.ones(len(shown), bool)) for shown in self.shown]

    def parse(self, text: str) -> Board:
        """Reads a level from text, see `gmbench.envs.core.boards`."""
        return boards.parse(text, self.notation)

    def draw(self, level: Board, state: WorldStateT | None = None) -> str:
        """Writes a level as text, see `gmbench.envs.core.boards`."""
        if state is None:
            return boards.draw(level, self.notation)
        return boards.draw(level, self.notation, self._of(state), self.places(level, state))

    @property
    def notation(self) -> Notation:
        """How its levels are written."""
        return Notation(
            self.height,
            self.width,
            self.symbols,
            self.still,
            self.together,
            self.facts,
            self.least,
            self.cues,
        )

    def fact(self, level: Board, name: str) -> jax.Array:
        """One of the level's facts, by its name: int32."""
        return level.facts[self.facts.index(name)]
