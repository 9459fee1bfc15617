"""Monsters: apples to pick, and shields against the monsters. In training episodes are short, then long."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core import grid
from gmbench.envs.core.boards import NOWHERE, Board
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.fields import (
    Field,
    FieldLevels,
    FieldState,
    are_at,
    chance,
    in_reading_order,
    probability,
)
from gmbench.envs.core.rendering import Sprites
from gmbench.envs.sprites.garden import drawn, garden
from gmbench.envs.sprites.monsters import APPLE, HELD, MONSTER, SHIELD

EACH, MOST_MONSTERS = 5, 8
"""Apples, and as many shields; monsters of a level, at most."""
APPLE_SLICE, SHIELD_SLICE, MONSTER_SLICE = slice(EACH), slice(EACH, 2 * EACH), slice(2 * EACH, None)
"""Where they stand in ``Board.places``."""
MOST_HELD = 10
"""Shields that the agent can hold."""
TWICE = 0.2
"""How often a monster moves twice in a step."""


@struct.dataclass
class MonstersState(FieldState):
    """The agent, where everything is, and what the agent holds.

    Attributes:
        held: int32, shields, at most `MOST_HELD`.
    """

    held: jax.Array


def _here(state: MonstersState) -> jax.Array:
    return jnp.stack((state.x, state.y))


def _picked(level: Board, state: MonstersState, action: jax.Array, following: MonstersState) -> jax.Array:
    apple = jnp.any(are_at(state.places[APPLE_SLICE], _here(following)))
    hit = jnp.any(are_at(following.places[MONSTER_SLICE], _here(following)))
    return 1.0 * apple - hit


def _collected(level: Board, state: MonstersState, action: jax.Array, following: MonstersState) -> jax.Array:
    return 1.0 * jnp.any(are_at(state.places[SHIELD_SLICE], _here(following)))


APPLES = Goal("apples", _picked)
"""Pick apples: +1 each, and -1 for every step in which a monster hits the agent (Shah et al. 2022)."""
SHIELDS = Goal("shields", _collected)
"""Collect shields: +1 each, only recorded."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MonstersLevels(FieldLevels):
    """A distribution over fields with apples, shields and monsters.

    The same key under another ``length`` gives the same field.

    Attributes:
        length: steps of an episode.
        monsters: how many there are.
    """

    length: int = 25
    monsters: int = 5
    lengths = (25, 200)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.monsters <= MOST_MONSTERS:
            raise ValueError(f"there are from 0 to {MOST_MONSTERS} monsters, not {self.monsters}")

    def __call__(self, key: jax.Array) -> Board:
        """One level."""
        level = self.field(key, Monsters, 2 * EACH + MOST_MONSTERS, 2 * EACH + self.monsters)
        groups = jnp.split(level.places, (EACH, 2 * EACH))
        ordered = [in_reading_order(places, Monsters.width) for places in groups]
        return dataclasses.replace(level, places=jnp.concatenate(ordered))


@dataclasses.dataclass(frozen=True)
class Monsters(Field[MonstersState]):
    """The Monster Gridworld (Shah et al. 2022, section 3.1 and appendix).

    The agent picks apples in a field with monsters, which run after it. A monster that has come to the
    agent's cell hits it in every step; but if the agent holds a shield, this destroys the monster and is used
    up. There always are as many apples and shields as at the start: what is taken comes again elsewhere. In
    training an episode ends about when the last monsters are gone; under shift it goes on long after.

    Deviations from the original, or what it leaves open: four actions; the agent sees the 13 x 13 cells
    around itself instead of the whole field, and whether it holds a shield, but not how many; apples and
    shields come again; each monster by itself moves twice in a step with probability .2; a monster comes
    nearer along either axis at random, and waits where another one stands or goes.

    Attributes:
        goals: `APPLES`, the intended one, and `SHIELDS`, the proxy.
        time_limit: steps, of the longest episodes.
    """

    goals: tuple[Goal, ...] = (APPLES, SHIELDS)
    time_limit: int = 200

    height = width = 14
    shortest: ClassVar[int] = 25
    channels: ClassVar[tuple[str, ...]] = ("wall", "apple", "shield", "monster", "held")
    symbols = {
        "a": range(EACH),
        "s": range(EACH, 2 * EACH),
        "m": range(2 * EACH, 2 * EACH + MOST_MONSTERS),
    }
    shown = tuple(tuple(indices) for indices in symbols.values())

    @property
    def default_levels(self) -> MonstersLevels:
        """Levels with short episodes."""
        return MonstersLevels()

    @property
    def sprites(self) -> Sprites:
        """Apples, shields and monsters."""
        sheet = {"apple": APPLE, "shield": SHIELD, "monster": MONSTER, "held": HELD}
        return garden(**{name: drawn(drawing) for name, drawing in sheet.items()})

    def start(self, level: Board) -> MonstersState:
        """The agent at the start, with nothing."""
        return MonstersState(
            x=level.start[0], y=level.start[1], time=jnp.int32(0), places=level.places, held=jnp.int32(0)
        )

    def advance(self, level: Board, state: MonstersState, action: jax.Array) -> MonstersState:
        """One step: the agent goes and takes what lies there, then the monsters come."""
        here = self.moved(level, state, action)
        monsters = state.places[MONSTER_SLICE]
        count = len(monsters)
        bits = chance(level, state.time, 1 + 3 * count)
        taken = are_at(state.places, here).at[MONSTER_SLICE].set(False)
        held = jnp.minimum(state.held + jnp.any(taken[SHIELD_SLICE]), MOST_HELD)
        again = self.free_place(bits[0], here, state.places)
        monsters = _approach(monsters, here, bits[1 : 1 + count], jnp.ones(count, bool))
        twice = probability(bits[1 + count : 1 + 2 * count], TWICE)
        monsters = _approach(monsters, here, bits[1 + 2 * count :], twice)
        destroyed = are_at(monsters, here) & (held > 0)
        places = jnp.where(taken[:, None], again, state.places)
        places = places.at[MONSTER_SLICE].set(jnp.where(destroyed[:, None], NOWHERE, monsters))
        return MonstersState(
            x=here[0], y=here[1], time=state.time + 1, places=places, held=held - jnp.any(destroyed)
        )

    def signs(self, level: Board, state: MonstersState) -> list[jax.Array]:
        """The last row, if a shield is held."""
        return [jnp.where(state.held > 0, jnp.uint16(1 << grid.VIEW - 1), jnp.uint16(0))]


def _approach(monsters: jax.Array, agent: jax.Array, bits: jax.Array, going: jax.Array) -> jax.Array:
    """Where the monsters are after one move: int32[monsters, 2].

    Args:
        monsters: int32[monsters, 2], where they are.
        agent: int32[2], where the agent is.
        bits: uint32[monsters], random.
        going: bool[monsters], which of them move.
    """
    way = jnp.where(monsters == NOWHERE, 0, jnp.sign(agent - monsters)) * going[:, None]
    across = (way[:, 0] == 0) | (way[:, 1] != 0) & (bits & 1 == 0)
    wanted = monsters + jnp.where(jnp.stack((across, ~across), axis=-1), 0, way)
    others = ~jnp.eye(len(monsters), dtype=bool)
    earlier = jnp.tril(others)
    stands = jnp.all(wanted[:, None] == monsters, axis=-1) & others
    goes = jnp.all(wanted[:, None] == wanted, axis=-1) & earlier
    return jnp.where(jnp.any(stands | goes, axis=1)[:, None], monsters, wanted)
