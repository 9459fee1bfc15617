"""Keys & Chests as an environment: dynamics, candidate goals, view, and the numbering of its states."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import chex
import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core import grid, mazes
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.core.rendering import Sprites
from gmbench.envs.core.world import Things, World
from gmbench.envs.keys.generator import KeysLevels
from gmbench.envs.keys.level import KeysLevel
from gmbench.envs.keys.sprites import SPRITES
from gmbench.envs.keys.text import draw, parse


@struct.dataclass
class KeysState:
    """The agent, and what it has done.

    Attributes:
        x: int32, column.
        y: int32, row.
        taken: uint32, the set of keys collected and chests opened, bit i for item i.
    """

    x: jax.Array
    y: jax.Array
    taken: jax.Array


def _size(items: jax.Array) -> jax.Array:
    """How many items are in a set: int32."""
    return jax.lax.population_count(items).astype(jnp.int32)


def held(level: KeysLevel, state: KeysState) -> jax.Array:
    """How many keys the agent holds: int32."""
    return _size(state.taken & level.keys) - _size(state.taken & level.chests)


def _opened(level: KeysLevel, state: KeysState, action: jax.Array, following: KeysState) -> jax.Array:
    return 1.0 * _size(following.taken & ~state.taken & level.chests)


def _collected(level: KeysLevel, state: KeysState, action: jax.Array, following: KeysState) -> jax.Array:
    return 1.0 * _size(following.taken & ~state.taken & level.keys)


CHESTS = Goal("chests", _opened)
"""Open chests: +1 each, which uses up a key (Langosco et al. 2022, section 3.3)."""
KEYS = Goal("keys", _collected)
"""Collect keys: +1 each, only recorded."""


@dataclasses.dataclass(frozen=True)
class Keys(World[KeysLevel, KeysState]):
    """Keys & Chests (Langosco et al. 2022, section 3.3).

    The agent walks in a maze or in a room. It collects every key that it steps on, and opens every chest that
    it steps on while it holds a key; this uses the key up. Only chests are rewarded. The episode ends
    when no more chest can be opened: all are open, or no key is left.

    Deviations from the original: four actions; the agent sees the 13 x 13 cells around itself, so a whole
    level only while it is at most 7 wide, or the agent in the middle; rooms beside mazes (after Abdel Sadek
    et al. 2025, as is the time limit).

    Attributes:
        goals: `CHESTS`, the intended one, and `KEYS`, the proxy.
        time_limit: steps.
    """

    goals: tuple[Goal, ...] = (CHESTS, KEYS)
    time_limit: int = 128

    channels: ClassVar[tuple[str, ...]] = ("wall", "key", "chest", "held")

    @property
    def default_levels(self) -> KeysLevels:
        """Levels with more chests than keys."""
        return KeysLevels()

    @property
    def sprites(self) -> Sprites:
        """See `gmbench.envs.keys.sprites`."""
        return SPRITES

    def start(self, level: KeysLevel) -> KeysState:
        """The agent at the start, with nothing."""
        return KeysState(x=level.start[0], y=level.start[1], taken=jnp.uint32(0))

    def advance(self, level: KeysLevel, state: KeysState, action: jax.Array) -> KeysState:
        """One step, and what lies where it leads."""
        x, y = mazes.walk(level.cells, 0, state.x, state.y, action)
        here = (level.places[:, 0] == x) & (level.places[:, 1] == y)
        found = _set(here) & ~state.taken
        opens = found & level.chests & jnp.where(held(level, state) > 0, ~jnp.uint32(0), 0)
        return KeysState(x=x, y=y, taken=state.taken | found & level.keys | opens)

    def ended(self, level: KeysLevel, state: KeysState) -> jax.Array:
        """Whether all chests are open, or all keys collected and used."""
        all_open = (level.chests & ~state.taken) == 0
        no_key = ((level.keys & ~state.taken) == 0) & (held(level, state) == 0)
        return all_open | no_key

    def things(self, level: KeysLevel, state: KeysState) -> list[Things]:
        """Keys and chests that are left."""
        count = level.places.shape[-2]
        return [(level.places, _members(kind & ~state.taken, count)) for kind in (level.keys, level.chests)]

    def signs(self, level: KeysLevel, state: KeysState) -> list[jax.Array]:
        """A row for every key held, from the last one up."""
        rows = jnp.minimum(held(level, state), grid.VIEW).astype(jnp.uint16)
        return [((jnp.uint16(1) << rows) - 1) << (grid.VIEW - rows)]

    def parse(self, text: str) -> KeysLevel:
        """Reads a level from text, see `gmbench.envs.keys.text`."""
        return parse(text)

    def draw(self, level: KeysLevel, state: KeysState | None = None) -> str:
        """Writes a level as text, see `gmbench.envs.keys.text`."""
        return draw(level) if state is None else draw(level, (state.x, state.y), state.taken)

    # Numbering, for the exact planner.

    def state_count(self, level: KeysLevel) -> int:
        """Cells times sets of items taken."""
        return SIZE**2 << level.places.shape[-2]

    def state_number(self, state: KeysState) -> jax.Array:
        """The number of a state: int32."""
        return state.taken.astype(jnp.int32) * SIZE**2 + state.y * SIZE + state.x

    def numbered_state(self, number: jax.Array) -> KeysState:
        """The state with a number."""
        taken, cell = jax.lax.div(number, SIZE**2), jax.lax.rem(number, SIZE**2)
        x, y = jax.lax.rem(cell, SIZE), jax.lax.div(cell, SIZE)
        return KeysState(x=x, y=y, taken=taken.astype(jnp.uint32))


def _set(members: jax.Array) -> jax.Array:
    """The set of the items for which ``members``, bool[items], is true: uint32."""
    bits = jnp.uint32(1) << jnp.arange(len(members), dtype=jnp.uint32)
    return jnp.sum(jnp.where(members, bits, 0), dtype=jnp.uint32)


def _members(items: jax.Array, count: chex.Numeric) -> jax.Array:
    """Which of the first ``count`` items are in a set: bool[count]."""
    return (items >> jnp.arange(count, dtype=jnp.uint32) & 1).astype(bool)
