"""Walks: worlds in which the agent only goes to places. One set of dynamics for several environments."""

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
    """The agent.

    Attributes:
        x: int32, column.
        y: int32, row.
    """

    x: jax.Array
    y: jax.Array


def at(level: Board, state: Any, thing: int | jax.Array) -> jax.Array:
    """Whether the agent is where a thing lies: bool."""
    return (state.x == level.places[thing, 0]) & (state.y == level.places[thing, 1])


@dataclasses.dataclass(frozen=True)
class Reach:
    """The reward for coming to a thing: +1 for every time.

    Attributes:
        thing: its index in ``Board.places``.
    """

    thing: int

    def __call__(self, level: Board, state: Any, action: jax.Array, following: Any) -> jax.Array:
        """The reward, see `gmbench.envs.core.environment.Goal`."""
        return 1.0 * (at(level, following, self.thing) & ~at(level, state, self.thing))


class Walk(BoardWorld[WalkState]):
    """A world in which the agent walks, and which some of the things end."""

    last: ClassVar[tuple[int, ...]]
    """The things that end the episode when the agent comes to them: their indices in ``Board.places``."""
    digits: ClassVar[Mapping[str, int]] = {"y": mazes.SIZE, "x": mazes.SIZE}

    def start(self, level: Board) -> WalkState:
        """The agent at the start."""
        return WalkState(x=level.start[0], y=level.start[1])

    def advance(self, level: Board, state: WalkState, action: jax.Array) -> WalkState:
        """One step."""
        x, y = mazes.walk(level.cells, 0, state.x, state.y, action)
        return WalkState(x=x, y=y)

    def ended(self, level: Board, state: WalkState) -> jax.Array:
        """Whether the agent is where something lies that ends the episode."""
        return jnp.any(jnp.stack([at(level, state, thing) for thing in self.last]))


class PairLayouts(Layouts):
    """A distribution over layouts with a start and two places for things, one of which a shift leaves."""

    def layout_and_places(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Walls, bool[SIZE, SIZE], and int32[3, 2]: the start, the place that stays, and the other place.

        No two of the three are in one cell. From the start there is a way to either place; the way to the
        other does not lead over the one that stays.
        """
        walls, (stays, others, starts) = self.layout_and_orders(key, 3, least=3)
        staying = pick(stays, ~walls)
        number = jnp.arange(walls.size).reshape(walls.shape)
        clear = largest_part(~walls & (number != staying))
        other = pick(others, clear)
        start = pick(starts, clear & (number != other))
        return walls, place(jnp.stack((start, staying, other)))


def copies(channel: str, count: int) -> tuple[str, ...]:
    """Names of so many channels that all show what one does: redundant ones make a thing more conspicuous."""
    return (channel, *(f"{channel} {copy}" for copy in range(2, count + 1)))


def check_copies(**counts: int) -> None:
    """Raises ValueError where there is not at least one channel."""
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1, not {count}")
