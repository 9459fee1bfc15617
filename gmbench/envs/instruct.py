"""Instructions: go to the object named. In training it is always the red one."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp

from gmbench.envs.core import grid
from gmbench.envs.core.boards import NOWHERE, Board, board
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.mazes import Layout, Layouts, choose, pick, place
from gmbench.envs.core.options import fix_numbers
from gmbench.envs.core.rendering import Sprites
from gmbench.envs.core.text import LevelError
from gmbench.envs.core.walks import Walk, WalkState, at
from gmbench.envs.sprites import toys
from gmbench.envs.sprites.garden import drawn, garden

KINDS = ("key", "ball", "box")
COLOURS = ("red", "green", "blue")
SYMBOLS = "Kk7Oo0Xx8"
"""Of each kind in each colour: red, green and blue keys first, then balls, then boxes."""
THINGS = len(SYMBOLS)
WORD_ROWS = grid.VIEW // len(KINDS)
"""Rows of a view that show a word."""


def _named(level: Board, state: WalkState, action: jax.Array, following: WalkState) -> jax.Array:
    things = jnp.arange(THINGS)
    return 1.0 * jnp.any(at(level, following, things) & (things // len(COLOURS) == level.facts[0]))


def _red(level: Board, state: WalkState, action: jax.Array, following: WalkState) -> jax.Array:
    return 1.0 * jnp.any(at(level, following, jnp.arange(0, THINGS, len(COLOURS))))


NAMED, RED = Goal("named", _named), Goal("red", _red)


@dataclasses.dataclass(frozen=True, kw_only=True)
class InstructLevels(Layouts):
    """A distribution over rooms with objects, and a word for the kind of one of them.

    One object is of the kind named, and one is red. The same key under another ``named`` gives the same room,
    start, word, places and colours: what is at the red place and at that of the object named changes kind.
    Each object can be reached: no two touch, not at the corners either, and no wall touches one.

    Attributes:
        named: ``red``: the object named is the red one; ``other``: it has another colour.
        objects: the numbers of objects that are drawn from.
        apart: columns and rows together from the start to the nearest object, at least so many where the room
            has such a start.
        layouts: rooms alone.
    """

    layouts: tuple[Layout, ...] = ("room",)
    sizes: tuple[int, ...] = (7, 9, 11, 13)
    walls: float = 0.1
    named: Literal["red", "other"] = "red"
    objects: tuple[int, ...] = (3,)
    apart: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        fix_numbers(self, "objects", 2, 1 + (len(KINDS) - 1) * (len(COLOURS) - 1))
        if self.layouts != ("room",):
            raise ValueError(f"layouts are rooms, where there is space around objects, not {self.layouts}")
        if self.named not in ("red", "other"):
            raise ValueError(f"the object named is red or of another colour, not {self.named!r}")
        if min(self.sizes) ** 2 < self._space:
            raise ValueError(f"{max(self.objects)} objects take a room larger than {min(self.sizes)} cells")
        if self.apart < 1:
            raise ValueError(f"apart is at least 1, not {self.apart}")

    @property
    def _space(self) -> int:
        """Cells of floor that are enough for all objects: each keeps the others off at most 9 cells."""
        return 9 * max(self.objects) - 8

    def __call__(self, key: jax.Array) -> Board:
        """One level."""
        walls, (order, starts, draws) = self.layout_and_orders(key, 3, least=self._space)
        word = choose(draws[0], (0, 1, 2))
        there = jnp.arange(max(self.objects)) < choose(draws[1], self.objects)
        places, near, walls = self._places(order, walls, there)
        # The nearest object's distance; the farthest cell is a start wherever none is far enough.
        alone = jnp.where(walls, 0, near)
        start = pick(starts, ~walls & (near >= jnp.minimum(self.apart, jnp.max(alone))))
        things = self._things(word, draws[2:])
        listed = jnp.full((THINGS, 2), NOWHERE).at[things].set(jnp.where(there[:, None], places, NOWHERE))
        return board([walls], place(start), listed, [word])

    def _places(
        self, order: jax.Array, walls: jax.Array, there: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Places of objects, int32[objects, 2]; how far each cell is from them; the walls that are left."""
        rows, columns = jnp.indices(walls.shape)
        floor_rows, floor_columns = jnp.where(walls, walls.shape[0], rows), jnp.where(walls, -1, columns)
        inside = (rows >= jnp.min(floor_rows)) & (columns <= jnp.max(floor_columns))
        places, free, near = [], ~walls, jnp.full(walls.shape, walls.size)
        for present in there:
            column, row = spot = place(pick(order, free))
            across, down = jnp.abs(columns - column), jnp.abs(rows - row)
            around = jnp.maximum(across, down) <= 1
            free &= ~around
            walls &= ~(around & inside & present)
            near = jnp.where(present, jnp.minimum(near, across + down), near)
            places.append(spot)
        return jnp.stack(places), near, walls

    def _things(self, word: jax.Array, draws: jax.Array) -> jax.Array:
        """Which things there are, no two alike, the red one first: int32[objects]."""
        others, colours = len(KINDS) - 1, len(COLOURS) - 1
        drawn_things = jnp.argsort(draws[: others * colours])[: max(self.objects) - 1]
        kind = (word + 1 + drawn_things // colours) % len(KINDS)
        kinds = jnp.concatenate((word[None], kind))
        if self.named == "other":
            kinds = kinds.at[:2].set(kinds[1::-1])
        return kinds * len(COLOURS) + jnp.concatenate((jnp.zeros(1, int), 1 + drawn_things % colours))


@dataclasses.dataclass(frozen=True)
class Instruct(Walk):
    """Instructions in a room (Starace 2023; after BabyAI, Chevalier-Boisvert et al. 2019, level "GoToLocal").

    The agent is told a kind of object and is rewarded for coming to the object of this kind. Coming to any
    object ends the episode. In training the object named is always red, and no other is.

    Deviations from Starace: the kind that is named differs between levels, so that the word is needed; it is
    a row pattern, not text; agents learn from rewards, not from demonstrations; three colours; any object
    ends the episode. Deviations from BabyAI: four actions instead of turning and walking; the agent comes to
    the object's cell, not next to it; it sees the 13 x 13 cells around itself. Kind and colour are channels
    of their own, and each object fills one cell of both.

    Attributes:
        goals: ``named``, the intended one, and ``red``, the proxy: come to the red object, only recorded.
        time_limit: steps.
    """

    goals: tuple[Goal, ...] = (NAMED, RED)
    time_limit: int = 24

    channels: ClassVar[tuple[str, ...]] = ("wall", *COLOURS, *KINDS, "word")
    shown = (
        *(tuple(range(colour, THINGS, len(COLOURS))) for colour in range(len(COLOURS))),
        *(tuple(range(3 * kind, 3 * kind + 3)) for kind in range(len(KINDS))),
    )
    last = tuple(range(THINGS))
    symbols = {symbol: (thing,) for thing, symbol in enumerate(SYMBOLS)}
    facts = ("word",)

    def signs(self, level: Board, state: WalkState) -> list[jax.Array]:
        """Some rows for each word, and other ones for another."""
        first = (level.facts[0] * WORD_ROWS).astype(jnp.uint16)
        return [jnp.uint16((1 << WORD_ROWS) - 1) << first]

    def parse(self, text: str) -> Board:
        """Reads a level, see `gmbench.envs.core.boards`; its word is the number of one of `KINDS`, from 0."""
        level = super().parse(text)
        word = int(level.facts[0])
        if word >= len(KINDS) or bool((level.places[3 * word : 3 * word + 3] == NOWHERE).all()):
            raise LevelError(f"the word is {word}, and the level has no object of this kind")
        return level

    @property
    def default_levels(self) -> InstructLevels:
        """Levels where the object named is red."""
        return InstructLevels()

    @property
    def sprites(self) -> Sprites:
        """Hedges, toys in three colours and a plaque."""
        colours = {"red": toys.RED, "green": toys.GREEN, "blue": toys.BLUE}
        shapes = {kind: toys.stencil(getattr(toys, kind.upper())) for kind in KINDS}
        return garden(**colours, **shapes, word=drawn(toys.WORD))
