"""Fields: open worlds that have no end of their own, and in which things come and go by chance.

The level fixes this chance by a seed: the same level and actions give the same episode.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, TypeVar

import chex
import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core import mazes
from gmbench.envs.core.boards import LARGEST_FACT, NOWHERE, Board, board
from gmbench.envs.core.world import BoardWorld

LENGTH, SEED = range(2)
"""Indices of the facts of a field."""


@struct.dataclass
class FieldState:
    """The agent, and where everything is.

    Attributes:
        x: int32, column.
        y: int32, row.
        time: int32, steps since the start.
        places: int32[things, 2], as in `Board`.
    """

    x: jax.Array
    y: jax.Array
    time: jax.Array
    places: jax.Array


FieldStateT = TypeVar("FieldStateT", bound=FieldState)


def chance(level: Board, time: jax.Array, count: int) -> jax.Array:
    """Random bits that level and time fix: uint32[count].

    Counters through C. Wellons' integer hash "lowbias32": as good as needed here, and much cheaper than
    `jax.random`.
    """

    def mix(bits: jax.Array) -> jax.Array:
        bits = (bits ^ bits >> 16) * jnp.uint32(0x7FEB352D)
        bits = (bits ^ bits >> 15) * jnp.uint32(0x846CA68B)
        return bits ^ bits >> 16

    # The hash leaves 0 as it is, so that counters begin elsewhere.
    spread = jnp.uint32(0x9E3779B9)
    step = mix(mix(level.facts[SEED].astype(jnp.uint32) + spread) + time.astype(jnp.uint32))
    return mix(step + jnp.arange(1, count + 1, dtype=jnp.uint32) * spread)


def probability(bits: jax.Array, rate: chex.Numeric) -> jax.Array:
    """What is true with a probability: bool, in the shape of ``bits`` (uint32, random)."""
    return (bits >> 8).astype(jnp.float32) < jnp.asarray(rate) * (1 << 24)


def are_at(places: jax.Array, place: jax.Array) -> jax.Array:
    """Which of the places, int32[things, 2], is a given one, int32[2]: bool[things]."""
    return jnp.all(places == place, axis=-1)


class Field(BoardWorld[FieldStateT]):
    """A field. Its episodes end after the number of steps that the level says, by which the shift differs.

    Actions lead in four directions, and nothing but the edge of the field holds the agent.
    """

    shortest: ClassVar[int]
    """Steps of the shortest episodes, also of those of levels that say less."""
    facts = ("length", "seed")
    cues = (LENGTH,)

    def horizon(self, level: Board) -> jax.Array:
        """The length of the level's episode: int32."""
        return jnp.clip(level.facts[LENGTH], self.shortest_horizon, self.time_limit)

    @property
    def shortest_horizon(self) -> int:
        """The least that `horizon` gives on any level."""
        return min(self.shortest, self.time_limit)

    def ended(self, level: Board, state: FieldStateT) -> jax.Array:
        """Never."""
        return jnp.bool_(False)

    def places(self, level: Board, state: FieldStateT) -> jax.Array:
        """Where the things are now: int32[things, 2]."""
        return state.places

    def moved(self, level: Board, state: FieldStateT, action: jax.Array) -> jax.Array:
        """Where an action leads the agent: int32[2]."""
        return jnp.stack(mazes.walk(level.cells, 0, state.x, state.y, action))

    def free_place(self, bits: jax.Array, *taken: jax.Array) -> jax.Array:
        """A random place where nothing is, the next one from a drawn place on: int32[2].

        Args:
            bits: uint32, random.
            taken: int32[..., 2], where something is.
        """
        size = self.height * self.width
        cells = jnp.arange(size)
        full = jnp.concatenate([place.reshape(-1, 2) for place in taken])
        free = jnp.all(cells[:, None] != full[:, 1] * self.width + full[:, 0], axis=1)
        drawn = (bits % size).astype(jnp.int32)
        cell = jnp.argmin(jnp.where(free, (cells - drawn) % size, size))
        return jnp.stack((cell % self.width, cell // self.width)).astype(jnp.int32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FieldLevels:
    """A distribution over fields with things at random places.

    The same key under another ``length`` gives the same field.

    Attributes:
        length: steps of an episode.
    """

    length: int
    lengths: ClassVar[tuple[int, int]]
    """The least and the greatest length."""

    def __post_init__(self) -> None:
        least, most = self.lengths
        if not least <= self.length <= most:
            raise ValueError(f"length lies between {least} and {most}, not {self.length}")

    def field(self, key: jax.Array, world: type[Field[Any]], things: int, there: int) -> Board:
        """An empty field but for the agent and things at places of their own, so many of which are there."""
        order_key, seed_key = jax.random.split(key)
        cells = jax.random.permutation(order_key, world.height * world.width)[: things + 1]
        places = jnp.stack((cells % world.width, cells // world.width), axis=-1)
        seed = jax.random.randint(seed_key, (), 0, LARGEST_FACT)
        walls = jnp.zeros((world.height, world.width), bool)
        listed = places[1:].at[there:].set(NOWHERE)
        return board([walls], places[0], listed, (self.length, seed), world.cues)


def in_reading_order(places: jax.Array, width: int) -> jax.Array:
    """Things row by row, what is not there last: int32[things, 2].

    So they are numbered in a level that was read from text. It matters where chance goes by the number.
    """
    cells = jnp.where(places[:, 0] == NOWHERE, LARGEST_FACT, places[:, 1] * width + places[:, 0])
    return places[jnp.argsort(cells)]
