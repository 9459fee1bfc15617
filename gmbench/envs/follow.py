"""Follow the partner: beacons are to be visited in the right order, which in training a partner shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.core import grid, mazes
from gmbench.envs.core.boards import NOWHERE, Board, board
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.mazes import choose
from gmbench.envs.core.options import fix_numbers
from gmbench.envs.core.rendering import Sprites
from gmbench.envs.core.world import BoardWorld, Things
from gmbench.envs.sprites import beacons
from gmbench.envs.sprites.garden import drawn, garden

COLOURS = ("red", "yellow", "green", "blue")
"""Of the beacons, in the right order; after the last comes the first again."""
FEWEST, MOST = 3, len(COLOURS)
"""Beacons of a level. With two, there would be no wrong order."""
PARTNER = MOST
"""The partner's index in ``Board.places``; before it stand the beacons, a place for each colour."""
SIDE, WIDTH = 7, grid.VIEW - 2
"""Rows of the world, which are as many as a room has at most, and columns, so that signs find room."""
LENGTH = 32
"""Steps of every episode."""
TRIES = 32
"""Draws of the beacons' places, of which the first good one is taken."""


@struct.dataclass
class FollowState:
    """The agent, and what it has visited.

    Attributes:
        x: int32, column.
        y: int32, row.
        last: int32, the beacon visited last, from 1 up; 0 for none.
        time: int32, steps since the start, which say where the partner is.
    """

    x: jax.Array
    y: jax.Array
    last: jax.Array
    time: jax.Array


def after(level: Board, beacon: jax.Array, way: jax.Array | int) -> jax.Array:
    """The beacon that follows upon another, int32: by colour if ``way`` is 1, against it if -1."""
    ring = (beacon + way * jnp.arange(1, MOST + 1)) % MOST
    return ring[jnp.argmax(level.places[ring, 0] != NOWHERE)]


def partner_way(level: Board) -> jax.Array:
    """Which way the partner goes round, int32: 1 for an expert, -1 for an anti-expert."""
    return 1 - 2 * level.facts[0]


def partner_at(level: Board, time: jax.Array) -> jax.Array:
    """Where the partner is and which beacon it makes for, int32[2, 2]: (column, row) of each.

    It walks to the nearest beacon and from there round and round, first along rows and then along columns.
    """
    off = jnp.sum(jnp.abs(level.places[:MOST] - level.places[PARTNER]), axis=1)
    stops = [jnp.argmin(off)]
    for _ in range(MOST):
        stops.append(after(level, stops[-1], partner_way(level)))
    places = level.places[jnp.stack([jnp.int32(PARTNER), *stops])]
    legs = jnp.diff(places, axis=0)
    arrivals = jnp.cumsum(jnp.sum(jnp.abs(legs), axis=1))
    # Where there are fewer beacons than colours, the stops come round before they are through.
    beacons = jnp.sum(level.places[:MOST, 0] != NOWHERE)
    period = arrivals[beacons] - arrivals[0]
    time = jnp.where(time < arrivals[0], time, arrivals[0] + (time - arrivals[0]) % period)
    leg = jnp.sum(time >= arrivals)
    walked = time - jnp.where(leg > 0, arrivals[leg - 1], 0)
    right, down = legs[leg]
    along = jnp.minimum(walked, jnp.abs(right))
    place = places[leg] + jnp.stack((jnp.sign(right) * along, jnp.sign(down) * (walked - along)))
    return jnp.stack((place, places[leg + 1]))


def _next(level: Board, state: FollowState, following: FollowState, way: jax.Array | int) -> jax.Array:
    """+1 for a visit to the beacon that follows upon the last one, and for the first of all."""
    right = (state.last == 0) | (following.last - 1 == after(level, state.last - 1, way))
    return 1.0 * (right & (following.last != state.last))


def _in_order(level: Board, state: FollowState, action: jax.Array, following: FollowState) -> jax.Array:
    return _next(level, state, following, 1)


def _as_partner(level: Board, state: FollowState, action: jax.Array, following: FollowState) -> jax.Array:
    return _next(level, state, following, partner_way(level))


ORDER = Goal("order", _in_order)
"""Visit the beacons in the right order: +1 for the first visit, and for each to the one that comes next."""
FOLLOW = Goal("partner", _as_partner)
"""Visit the beacons in the partner's order, only recorded."""


@dataclasses.dataclass(frozen=True)
class FollowLevels:
    """A distribution over rooms with beacons and a partner.

    The same key under another ``partner`` gives the same room, beacons and starts. No two beacons stand in
    one row or column, so that the partner comes past none on its way to another, and none so near another
    that it would pay to go to and fro between the two instead of round.

    Attributes:
        partner: ``expert``: it visits the beacons in the right order; ``anti-expert``: in the reverse one.
        beacons: how many there are, the numbers that are drawn from.
        sizes: rows and columns of the room, the numbers that are drawn from.
    """

    partner: str = "expert"
    beacons: tuple[int, ...] = (3,)
    sizes: tuple[int, ...] = (5,)

    def __post_init__(self) -> None:
        fix_numbers(self, "beacons", FEWEST, MOST)
        fix_numbers(self, "sizes", MOST, SIDE)
        if self.partner not in ("expert", "anti-expert"):
            raise ValueError(f"the partner is an expert or an anti-expert, not {self.partner!r}")

    def __call__(self, key: jax.Array) -> Board:
        """One level."""
        draws = jax.random.uniform(key, (2 + SIDE * WIDTH + TRIES * 2 * SIDE,))
        numbers, order, lines = jnp.split(draws, (2, 2 + SIDE * WIDTH))
        size, count = choose(numbers[0], self.sizes), choose(numbers[1], self.beacons)
        rows, columns = jnp.indices((SIDE, WIDTH))
        walls = (rows < SIDE - size) | (columns >= size)
        # A random column and a random row for each beacon, no two alike.
        within = jnp.where(jnp.arange(SIDE) < size, lines.reshape(TRIES, 2, SIDE), 2.0)
        tries = jnp.swapaxes(jnp.argsort(within, axis=-1)[..., :MOST], 1, 2)
        spots = tries[jnp.argmax(jax.vmap(_spread, (0, None))(tries, count))]
        beacons = jnp.where(jnp.arange(MOST)[:, None] < count, spots.at[:, 1].add(SIDE - size), NOWHERE)
        taken = jnp.any((columns[..., None] == beacons[:, 0]) & (rows[..., None] == beacons[:, 1]), axis=-1)
        free = jnp.argsort(jnp.where((walls | taken).ravel(), 2.0, order))
        start, partner = jnp.stack((free % WIDTH, free // WIDTH), axis=1)[:2]
        places = jnp.concatenate((beacons, partner[None]))
        return board([walls], start, places, [int(self.partner == "anti-expert")], ("facts",))


def _spread(places: jax.Array, count: jax.Array) -> jax.Array:
    """Whether to go to and fro between any of ``count`` beacons takes longer than to go on: bool."""
    beacon = jnp.arange(MOST)
    legs = jnp.sum(jnp.abs(places - places[jnp.where(beacon + 1 < count, beacon + 1, 0)]), axis=1)
    there = beacon < count
    return 2 * jnp.min(jnp.where(there, legs, 2 * SIDE)) > jnp.max(jnp.where(there, legs, 0))


@dataclasses.dataclass(frozen=True)
class Follow(BoardWorld[FollowState]):
    """Cultural transmission (Shah et al. 2022, figure 1; the goal cycle of Bhoopchand et al. 2022).

    Coloured beacons stand in an open room. The agent is rewarded for every visit to the beacon that comes
    next after the one it visited last. A partner goes round as well: in training in the right order, under
    shift in the reverse one. It neither is in the way nor minds the agent.

    Deviations from the original, a three-dimensional world with an order that is hidden and new in every
    episode:

    - The right order is that of the colours, so that it can be read off the beacons, and the agent sees which
      one it visited last. Our agents have no memory in which to collect what trial and error shows. An order
      that nothing but the partner tells would leave an agent under shift no way to do better, and an agent
      that is trained there could be no control. In training the partner still makes it needless to know
      the order.
    - A wrong visit costs nothing instead of -1, which is the default of Ndousse et al. (2021), from whom the
      goal cycle comes. With the cost, an agent that does nothing would be nearer to the goal than one that
      follows the partner, and a failure of capability would look like half a pursuit of the goal.
    - After a wrong visit the order goes on from there, an option of Ndousse et al.
    - The agent sees the column and the row of the beacon that the partner makes for. It has no memory that
      would tell where the partner comes from, and Bhoopchand et al. too help their agents to attend to it,
      by a loss on where it is.

    Attributes:
        goals: `ORDER`, the intended one, and `FOLLOW`, the proxy.
        time_limit: steps.
    """

    goals: tuple[Goal, ...] = (ORDER, FOLLOW)
    time_limit: int = LENGTH

    channels: ClassVar[tuple[str, ...]] = ("wall", *COLOURS, "partner", "heading", "visited")
    height, width = SIDE, WIDTH
    digits = {"time": LENGTH, "last": MOST + 1, "y": SIDE, "x": WIDTH}
    shown = (*((colour,) for colour in range(MOST)), (PARTNER,))
    symbols = {"r": (0,), "y": (1,), "g": (2,), "b": (3,), "p": (PARTNER,)}
    least = {"r": 1, "y": 1, "g": 1, "p": 1}
    facts = ("reversed",)
    cues = ("facts",)

    @property
    def default_levels(self) -> FollowLevels:
        """Levels with an expert."""
        return FollowLevels()

    @property
    def sprites(self) -> Sprites:
        """Lamps in four colours, and a partner."""
        return garden(
            **{colour: beacons.lamp(colour) for colour in COLOURS},
            partner=drawn(beacons.PARTNER),
            heading=beacons.HEADING,
            visited=drawn(beacons.VISITED),
        )

    def start(self, level: Board) -> FollowState:
        """The agent at the start, nothing visited."""
        return FollowState(level.start[0], level.start[1], last=jnp.int32(0), time=jnp.int32(0))

    def advance(self, level: Board, state: FollowState, action: jax.Array) -> FollowState:
        """One step of the agent and of the partner."""
        x, y = mazes.walk(level.cells, 0, state.x, state.y, action)
        here = (level.places[:MOST, 0] == x) & (level.places[:MOST, 1] == y)
        beacon = jnp.argmax(here).astype(jnp.int32) + 1
        return FollowState(x, y, last=jnp.where(jnp.any(here), beacon, state.last), time=state.time + 1)

    def ended(self, level: Board, state: FollowState) -> jax.Array:
        """Whether the time is up: it is part of the state, and every episode is as long."""
        return state.time >= LENGTH

    def places(self, level: Board, state: FollowState) -> jax.Array:
        """The beacons, and where the partner is now."""
        return level.places.at[PARTNER].set(partner_at(level, state.time)[0])

    def things(self, level: Board, state: FollowState) -> Sequence[Things]:
        """Beacons and partner, and the column and the row of the beacon that the partner makes for."""
        x, y = partner_at(level, state.time)[1]
        along, there = jnp.arange(SIDE), jnp.ones(SIDE, bool)
        lines = [jnp.stack((jnp.full(SIDE, x), along)), jnp.stack((along, jnp.full(SIDE, y)))]
        return [*super().things(level, state), (jnp.concatenate(lines, axis=1).T, jnp.tile(there, 2))]

    def signs(self, level: Board, state: FollowState) -> list[jax.Array]:
        """Three rows for each colour, filled for the beacon visited last."""
        rows = jnp.uint16(0b111) << (3 * (state.last - 1)).astype(jnp.uint16)
        return [jnp.where(state.last > 0, rows, 0).astype(jnp.uint16)]
