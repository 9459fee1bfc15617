"""Walks: worlds in which the agent does nothing but walk; several environments share these dynamics."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core import mazes
from gmbench.envs.core.boards import Board
from gmbench.envs.core.mazes import Layouts, largest_part, pick, place
from gmbench.envs.core.world import BoardWorld


@struct.dataclass
class WalkState:
    """The state of a walk: the place of the agent.

    Attributes:
        x: int32, column of the agent.
        y: int32, row of the agent.
    """

    x: jax.Array
    y: jax.Array


def at(level: Board, state: Any, thing: int | jax.Array) -> jax.Array:
    """Returns whether the agent is in the cell of a thing, an index of ``Board.places``: bool scalar."""
    return (state.x == level.places[thing, 0]) & (state.y == level.places[thing, 1])


@dataclasses.dataclass(frozen=True)
class Reach:
    """The reward function for reaching a thing: +1 for each step into its cell from another cell.

    Attributes:
        thing: index of the thing in ``Board.places``.
    """

    thing: int

    def __call__(self, level: Board, state: Any, action: jax.Array, following: Any) -> jax.Array:
        """Returns the reward of a transition, see `gmbench.envs.core.definition.Goal`."""
        return 1.0 * (at(level, following, self.thing) & ~at(level, state, self.thing))


class Walk(BoardWorld[WalkState]):
    """A world in which the agent walks; an episode terminates when it reaches one of certain things."""

    last: ClassVar[tuple[int, ...]]
    """The things that terminate the episode when the agent reaches them, as indices of ``Board.places``."""
    digits: ClassVar[Mapping[str, int]] = {"y": mazes.SIZE, "x": mazes.SIZE}

    def start(self, level: Board) -> WalkState:
        """Returns the state with the agent at the start."""
        return WalkState(x=level.start[0], y=level.start[1])

    def advance(self, level: Board, state: WalkState, action: jax.Array) -> WalkState:
        """Moves the agent by one cell, unless a wall is in the way."""
        x, y = mazes.walk(level.cells, 0, state.x, state.y, action)
        return WalkState(x=x, y=y)

    def ended(self, level: Board, state: WalkState) -> jax.Array:
        """Returns whether the agent is in the cell of a thing that terminates the episode: bool scalar."""
        return jnp.any(jnp.stack([at(level, state, thing) for thing in self.last]))


class PairLayouts(Layouts):
    """A distribution over layouts with a start and two places; a shift moves a thing between the two."""

    def layout_and_places(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Generates the walls, bool[SIZE, SIZE], and three cells, int32[3, 2].

        The three cells are the start, the fixed place, which is the same in training and under shift, and
        the other place. They differ. There is a path from the start to each place; the path to the other
        place does not cross the fixed place.
        """
        walls, (stays, others, starts) = self.layout_and_orders(key, 3, least=3)
        staying = pick(stays, ~walls)
        number = jnp.arange(walls.size).reshape(walls.shape)
        clear = largest_part(~walls & (number != staying))
        other = pick(others, clear)
        start = pick(starts, clear & (number != other))
        return walls, place(jnp.stack((start, staying, other)))


def copies(channel: str, count: int) -> tuple[str, ...]:
    """Returns names for ``count`` channels that all show the same; copies make a thing more salient."""
    return (channel, *(f"{channel} {copy}" for copy in range(2, count + 1)))


def check_copies(**counts: int) -> None:
    """Checks that numbers of channels, given by name, are at least 1.

    Raises:
        ValueError: a number is less than 1.
    """
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1, not {count}")
