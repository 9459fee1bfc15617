"""The ground of a CoinRun level: a row of sections with one width and one height each.

All quantities here are computed for `MAX_SECTIONS` sections at once; a level uses the first few of them.
"""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.coinrun.level import HEIGHT, WIDTH

MAX_SECTIONS = 5
FIRST_COLUMN = 5
"""Column in which the first section begins, after the wall and four columns of flat ground."""
MAX_GROUND = 8
"""Largest height of the ground, in cells (the original: about 25). A jump needs JUMP free rows above it."""
OFTEN_DOWN_FROM = 5
"""Height of the ground from which steps lead down as often as up; from lower ground they lead up."""


@struct.dataclass
class Draws:
    """The random numbers that the sections of a level are made from.

    Every field is float32[MAX_SECTIONS], uniform in [0, 1). All of them are drawn in one call: one call for
    each field made the generator four times as slow to compile.
    """

    width: jax.Array
    step: jax.Array
    down: jax.Array
    pit: jax.Array
    pit_left: jax.Array
    pit_right: jax.Array
    lava: jax.Array
    island_before: jax.Array
    island_length: jax.Array
    saw: jax.Array
    saw_x: jax.Array
    enemy: jax.Array
    patrol_length: jax.Array
    patrol_x: jax.Array
    patrol_phase: jax.Array
    crates: jax.Array
    crates_x: jax.Array
    crates_pile: jax.Array
    more_crates: jax.Array
    more_crates_x: jax.Array
    more_crates_pile: jax.Array


@struct.dataclass
class Sections:
    """The sections of one level. Every field has the shape [MAX_SECTIONS].

    Attributes:
        used: bool, whether the level has this section.
        x: int32, its first column.
        width: int32, its number of columns; 0 for a section that is not used.
        ground: int32, the height of its ground in cells, counted from the bottom of the world.
    """

    used: jax.Array
    x: jax.Array
    width: jax.Array
    ground: jax.Array


def draw_integer(uniform: jax.Array, low: chex.Numeric, high: chex.Numeric) -> jax.Array:
    """Converts a uniform draw in [0, 1) to an integer in [low, high): int32; ``low`` if there is none."""
    return low + jnp.floor(uniform * (high - low)).astype(jnp.int32)


def make_sections(draws: Draws, difficulty: jax.Array, count: jax.Array) -> Sections:
    """Draws the widths and heights of ``count`` sections.

    The original generator, for difficulty D: U{D..2D-1} sections, each U{3..2D+2} columns wide (one more at
    D = 3), with steps of U{1..4} cells between them (one more at D = 3).
    """
    hardest = (difficulty == 3).astype(jnp.int32)
    used = jnp.arange(MAX_SECTIONS) < count
    width = jnp.where(used, draw_integer(draws.width, 3, 3 + 2 * difficulty) + hardest, 0)
    step = draw_integer(draws.step, 1, 5) + hardest

    def walk(ground: jax.Array, section: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        step, down = section
        falls = (down & (ground >= OFTEN_DOWN_FROM)) | (ground + step > MAX_GROUND)
        ground = jnp.maximum(jnp.where(falls, ground - step, ground + step), 1)
        return ground, ground

    ground = jax.lax.scan(walk, jnp.int32(1), (step, draws.down < 0.5))[1]
    return Sections(used=used, x=FIRST_COLUMN + jnp.cumsum(width) - width, width=width, ground=ground)


def find_end(sections: Sections) -> tuple[jax.Array, jax.Array]:
    """Returns the column after the last section and the height of the ground there: int32 scalars."""
    last = jnp.sum(sections.used) - 1
    return sections.x[last] + sections.width[last], sections.ground[last]


def place_on_ground(x: jax.Array, ground: jax.Array) -> jax.Array:
    """Returns the cell on top of ``ground`` cells of ground in column ``x``: int32[2], (column, row)."""
    return jnp.stack((x, HEIGHT - 1 - ground)).astype(jnp.int32)


def coordinates() -> tuple[jax.Array, jax.Array]:
    """Returns the height above the bottom row, int32[HEIGHT, 1], and the column, int32[1, WIDTH]."""
    return jnp.arange(HEIGHT - 1, -1, -1)[:, None], jnp.arange(WIDTH)[None]
