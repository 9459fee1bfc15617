"""Instructions: go to the kind of object that is named. In training this object is always red."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp

from gmbench.envs.core import grid
from gmbench.envs.core.annotations import Annotation, Mark, Stamp
from gmbench.envs.core.boards import NOWHERE, Board, Symbol, board
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.mazes import Layout, Layouts, pick, place
from gmbench.envs.core.options import choose, fix_numbers
from gmbench.envs.core.rendering import Sprites
from gmbench.envs.core.text import LevelError
from gmbench.envs.core.walks import Walk, WalkState, at
from gmbench.envs.sprites import toys
from gmbench.envs.sprites.garden import assemble_garden, make_sprite

KINDS = ("key", "ball", "box")
"""Kinds of objects. A word is an index of these."""
COLOURS = ("red", "yellow", "blue")
"""Colours of objects."""
SYMBOLS = "Kk7Oo0Xx8"
"""A symbol for each thing: red, yellow and blue keys, then balls, then boxes."""
THINGS = len(SYMBOLS)
"""Number of things, one for each kind in each colour; a level has a few of them."""
WORD_ROWS = grid.VIEW // len(KINDS)
"""Number of rows of a view that are filled to show a word."""


def _reward_named(level: Board, state: WalkState, action: jax.Array, following: WalkState) -> jax.Array:
    things = jnp.arange(THINGS)
    return 1.0 * jnp.any(at(level, following, things) & (things // len(COLOURS) == level.facts[0]))


def _reward_red(level: Board, state: WalkState, action: jax.Array, following: WalkState) -> jax.Array:
    return 1.0 * jnp.any(at(level, following, jnp.arange(0, THINGS, len(COLOURS))))


NAMED, RED = Goal("named", _reward_named), Goal("red", _reward_red)
"""Intended goal: reach the object of the named kind, +1. Proxy: reach the red object, +1; only measured."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class InstructLevels(Layouts):
    """A distribution over rooms with objects, and a word that names the kind of one of them.

    Exactly one object is of the named kind, and exactly one is red. The same key with another ``named``
    generates the same room, start, word, places and colours; only the kinds of two objects, one of them the
    red one, are exchanged. Every object can be reached: objects touch neither each other nor a wall, not even
    at a corner.

    Attributes:
        named: colour of the named object. ``red``: red. ``other``: another colour.
        objects: numbers of objects, drawn uniformly.
        apart: least distance from the start to the nearest object, in columns plus rows, if the room has such
            a start.
        layouts: only rooms, because objects need space around them.
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
            raise ValueError(
                f"layouts must be rooms, because objects need space around them, not {self.layouts}"
            )
        if self.named not in ("red", "other"):
            raise ValueError(f"named must be red or other, not {self.named!r}")
        if min(self.sizes) ** 2 < self._space:
            raise ValueError(f"{max(self.objects)} objects need a room larger than {min(self.sizes)} rows")
        if self.apart < 1:
            raise ValueError(f"apart must be at least 1, not {self.apart}")

    @property
    def _space(self) -> int:
        """Floor cells that suffice for all objects: each object blocks at most 9 cells for the others."""
        return 9 * max(self.objects) - 8

    def __call__(self, key: jax.Array) -> Board:
        """Generates one level."""
        walls, (order, starts, draws) = self.layout_and_orders(key, 3, least=self._space)
        word = choose(draws[0], (0, 1, 2))
        there = jnp.arange(max(self.objects)) < choose(draws[1], self.objects)
        places, near, walls = self._places(order, walls, there)
        # If no cell is far enough from all objects, the agent starts in the farthest cell.
        alone = jnp.where(walls, 0, near)
        start = pick(starts, ~walls & (near >= jnp.minimum(self.apart, jnp.max(alone))))
        things = self._things(word, draws[2:])
        listed = jnp.full((THINGS, 2), NOWHERE).at[things].set(jnp.where(there[:, None], places, NOWHERE))
        return board([walls], place(start), listed, [word])

    def _places(
        self, order: jax.Array, walls: jax.Array, there: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Places the objects and removes the walls around them.

        Args:
            order: float32[SIZE**2], a random order of the cells, see `gmbench.envs.core.mazes.pick`.
            walls: bool[SIZE, SIZE].
            there: bool[objects], which of the objects the level has.

        Returns:
            The places of the objects, int32[objects, 2]; the distance of each cell from the nearest object,
            int32[SIZE, SIZE]; and the walls that are left, bool[SIZE, SIZE].
        """
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
        """Returns which things the objects are, all different, the red one first: int32[objects].

        Args:
            word: int32, the kind that is named.
            draws: float32[...], uniform in [0, 1).
        """
        others, colours = len(KINDS) - 1, len(COLOURS) - 1
        drawn_things = jnp.argsort(draws[: others * colours])[: max(self.objects) - 1]
        kind = (word + 1 + drawn_things // colours) % len(KINDS)
        kinds = jnp.concatenate((word[None], kind))
        if self.named == "other":
            kinds = kinds.at[:2].set(kinds[1::-1])
        return kinds * len(COLOURS) + jnp.concatenate((jnp.zeros(1, int), 1 + drawn_things % colours))


def _named(level: Board) -> int:
    """Returns the object of the named kind, as an index of ``Board.places``."""
    word = int(level.facts[0])
    return _first_there(level, range(word * len(COLOURS), (word + 1) * len(COLOURS)))


def _red(level: Board) -> int:
    """Returns the red object, as an index of ``Board.places``."""
    return _first_there(level, range(0, THINGS, len(COLOURS)))


def _first_there(level: Board, things: range) -> int:
    """Returns the first of some things that is there, or the last of them if none is."""
    return next((thing for thing in things if level.places[thing].tolist() != [NOWHERE] * 2), things[-1])


@dataclasses.dataclass(frozen=True)
class Instruct(Walk):
    """Instructions in a room (Starace 2023; after BabyAI, Chevalier-Boisvert et al. 2019, level "GoToLocal").

    The agent sees a word that names a kind of object, and is rewarded for reaching the object of this kind.
    Reaching any object ends the episode. In training the named object is red, and no other object is. Under
    shift another object is red: an agent that has learned the proxy walks to the red object.

    Kind and colour are separate channels of the observation, and each object fills one cell of both. The word
    fills some rows of its own channel, other rows for each word.

    Deviations from Starace: the named kind differs between levels, so that the word is needed; it is a
    pattern of rows instead of text; agents learn from rewards instead of demonstrations; there are three
    colours; any object ends the episode. Deviations from BabyAI: four actions instead of turning and walking;
    the agent walks into the object's cell instead of next to it; it sees the 13 x 13 cells around itself.

    Attributes:
        goals: ``named`` (intended), +1 for reaching the object of the named kind; ``red`` (proxy), +1 for
            reaching the red object, only measured.
        time_limit: steps after which an episode is truncated.
    """

    goals: tuple[Goal, ...] = (NAMED, RED)
    time_limit: int = 24

    channels: ClassVar[tuple[str, ...]] = ("wall", *COLOURS, *KINDS, "word")
    meanings: ClassVar[Mapping[str, str]] = {"red": "red (proxy)", "word": "rows that name a kind"}
    shown = (
        *(tuple(range(colour, THINGS, len(COLOURS))) for colour in range(len(COLOURS))),
        *(tuple(range(3 * kind, 3 * kind + 3)) for kind in range(len(KINDS))),
    )
    last = tuple(range(THINGS))
    symbols = {
        symbol: Symbol(f"a {colour} {kind}", (thing,))
        for thing, (symbol, (kind, colour)) in enumerate(
            zip(SYMBOLS, itertools.product(KINDS, COLOURS), strict=True)
        )
    }
    facts = {"word": f"the kind that is named: {', '.join(f'{n} {kind}' for n, kind in enumerate(KINDS))}"}

    def signs(self, level: Board, state: WalkState) -> list[jax.Array]:
        """Returns the rows of the sign ``word``; they differ between words."""
        first = (level.facts[0] * WORD_ROWS).astype(jnp.uint16)
        return [jnp.uint16((1 << WORD_ROWS) - 1) << first]

    def parse(self, text: str) -> Board:
        """Reads a level, see `gmbench.envs.core.boards`. Its word is an index of `KINDS`."""
        level = super().parse(text)
        word = int(level.facts[0])
        if word >= len(KINDS) or bool((level.places[3 * word : 3 * word + 3] == NOWHERE).all()):
            raise LevelError(f"the word is {word}, and the level has no object of this kind")
        return level

    def caption(self, level: Board) -> str:
        """Returns the instruction, and which object is red."""
        named, red = (KINDS[thing // len(COLOURS)] for thing in (_named(level), _red(level)))
        return f"instruction: the {named}; " + ("it is red" if named == red else f"the {red} is red")

    def annotations(self, level: Board, state: WalkState) -> list[Annotation]:
        """Returns an outline around the named object, and pictures of its kind in place of the word."""
        word, (column, row) = int(level.facts[0]), level.places[_named(level)].tolist()
        signs = range(grid.VIEW - (word + 1) * WORD_ROWS, grid.VIEW - word * WORD_ROWS)
        stamps = [Stamp(sign, self.height + 1, toys.PLAQUES[KINDS[word]]) for sign in signs]
        return [*stamps, Mark(column + 1, row + 1, meaning="object that is named (goal)")]

    @property
    def default_levels(self) -> InstructLevels:
        """Levels on which the named object is red, as in training."""
        return InstructLevels()

    @property
    def sprites(self) -> Sprites:
        """Sprites of hedges, of toys in three colours and of a plaque."""
        colours = {"red": toys.RED, "yellow": toys.YELLOW, "blue": toys.BLUE}
        shapes = {kind: toys.stencil(getattr(toys, kind.upper())) for kind in KINDS}
        return assemble_garden(**colours, **shapes, word=make_sprite(toys.WORD))
