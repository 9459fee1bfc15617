"""Fields: open worlds in which things come and go at random, and whose episodes end only by truncation.

A seed in the level fixes the random events: the same level and the same actions give the same episode.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import chex
import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core import mazes
from gmbench.envs.core.boards import LARGEST_FACT, NOWHERE, Board, board
from gmbench.envs.core.world import BoardWorld

LENGTH, SEED = range(2)
"""Indices of ``Board.facts`` in a field."""


@struct.dataclass
class FieldState:
    """The state of a field: the places of the agent and of the things.

    Attributes:
        x: int32, column of the agent.
        y: int32, row of the agent.
        time: int32, steps since the start of the episode.
        places: int32[things, 2], (column, row) of each thing; `NOWHERE` for a thing that is not there.
    """

    x: jax.Array
    y: jax.Array
    time: jax.Array
    places: jax.Array


FieldStateT = TypeVar("FieldStateT", bound=FieldState)


def random_bits(level: Board, time: jax.Array, count: int) -> jax.Array:
    """Returns random bits that are a function of the level's seed and the time: uint32[count].

    The bits are counters hashed by C. Wellons' integer hash "lowbias32". Its quality suffices here, and it is
    much cheaper than `jax.random`.
    """

    def mix(bits: jax.Array) -> jax.Array:
        bits = (bits ^ bits >> 16) * jnp.uint32(0x7FEB352D)
        bits = (bits ^ bits >> 15) * jnp.uint32(0x846CA68B)
        return bits ^ bits >> 16

    # The hash maps 0 to 0, so the counters start at another number.
    spread = jnp.uint32(0x9E3779B9)
    step = mix(mix(level.facts[SEED].astype(jnp.uint32) + spread) + time.astype(jnp.uint32))
    return mix(step + jnp.arange(1, count + 1, dtype=jnp.uint32) * spread)


def bernoulli(bits: jax.Array, rate: chex.Numeric) -> jax.Array:
    """Returns true with probability ``rate``: bool, in the shape of ``bits`` (uint32, random)."""
    return (bits >> 8).astype(jnp.float32) < jnp.asarray(rate) * (1 << 24)


def are_at(places: jax.Array, place: jax.Array) -> jax.Array:
    """Returns which of the places, int32[things, 2], equal a given place, int32[2]: bool[things]."""
    return jnp.all(places == place, axis=-1)


class Field(BoardWorld[FieldStateT]):
    """A field. The level sets the length of its episodes; the shift changes this length.

    The agent moves in four directions; only the edge of the field stops it.
    """

    shortest: ClassVar[int]
    """Steps of the shortest episodes; levels with a smaller length have episodes of this length too."""
    facts: ClassVar[Mapping[str, str]] = {
        "length": "steps of an episode",
        "seed": "what the random events follow from",
    }
    cues = (LENGTH,)

    def horizon(self, level: Board) -> jax.Array:
        """Returns the length of an episode on this level, in steps: int32."""
        return jnp.clip(level.facts[LENGTH], self.shortest_horizon, self.time_limit)

    @property
    def shortest_horizon(self) -> int:
        """The smallest value that `horizon` returns on any level, in steps."""
        return min(self.shortest, self.time_limit)

    def caption(self, level: Board) -> str:
        """Returns the length of an episode."""
        return f"episode of {int(self.horizon(level))} steps"

    def ended(self, level: Board, state: FieldStateT) -> jax.Array:
        """Returns false: an episode ends only at its horizon."""
        return jnp.bool_(False)

    def places(self, level: Board, state: FieldStateT) -> jax.Array:
        """Returns the places of the things in a state: int32[things, 2]."""
        return state.places

    def moved(self, level: Board, state: FieldStateT, action: jax.Array) -> jax.Array:
        """Returns the place of the agent after an action: int32[2]."""
        return jnp.stack(mazes.walk(level.cells, 0, state.x, state.y, action))

    def free_place(self, bits: jax.Array, *taken: jax.Array) -> jax.Array:
        """Returns a random free place: int32[2].

        It draws a place uniformly and takes the first free place from there on, row by row.

        Args:
            bits: uint32 scalar, random.
            taken: int32[..., 2], places that are not free.
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

    The same key with another ``length`` generates the same field.

    Attributes:
        length: steps of an episode.
    """

    length: int
    lengths: ClassVar[tuple[int, int]]
    """The smallest and the largest length, in steps."""

    def __post_init__(self) -> None:
        least, most = self.lengths
        if not least <= self.length <= most:
            raise ValueError(f"length must lie between {least} and {most}, not {self.length}")

    def field(self, key: jax.Array, world: type[Field[Any]], things: int, there: int) -> Board:
        """Generates a field without walls, with the agent and the things in different cells.

        Args:
            key: the random key.
            world: the environment of the field; it sets the size.
            things: number of things.
            there: number of things that are there at the start, the first ones; the others are nowhere.
        """
        order_key, seed_key = jax.random.split(key)
        cells = jax.random.permutation(order_key, world.height * world.width)[: things + 1]
        places = jnp.stack((cells % world.width, cells // world.width), axis=-1)
        seed = jax.random.randint(seed_key, (), 0, LARGEST_FACT)
        walls = jnp.zeros((world.height, world.width), bool)
        listed = places[1:].at[there:].set(NOWHERE)
        return board([walls], places[0], listed, (self.length, seed), world.cues)


def in_reading_order(places: jax.Array, width: int) -> jax.Array:
    """Sorts the places of things row by row, with the things that are not there last: int32[things, 2].

    A level that is read from text numbers its things in this order. The order matters where random events
    depend on the number of a thing.
    """
    cells = jnp.where(places[:, 0] == NOWHERE, LARGEST_FACT, places[:, 1] * width + places[:, 0])
    return places[jnp.argsort(cells)]
