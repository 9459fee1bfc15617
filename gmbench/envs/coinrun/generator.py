"""CoinRun's level generator: sections of ground with steps, pits, saws, enemies and crates, then the coin.

The laws and rates follow the generator of the original (Cobbe et al. 2019; procgen's ``coinrun.cpp``),
whose figures stand at each constant. Levels are solvable by construction: every step of the ground is at
most one jump high, every pit at most one jump wide, the first column of a section is safe, and the coin
hangs within a jump of the ground.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp
from flax import struct
from jax import random

from gmbench.envs import grid
from gmbench.envs.coinrun.level import CHANNELS, ENEMY, HEIGHT, PATROL_PHASES, WALL, WIDTH, CoinRunLevel
from gmbench.envs.coinrun.physics import JUMP

MAX_SECTIONS = 5
FIRST_COLUMN = 5
"""Where the first section begins, behind the wall and four columns of flat ground."""
MAX_GROUND = 8
"""Cells of ground at the highest (the original: about 25); above it a jump needs JUMP rows of air."""
OFTEN_DOWN_FROM = 5
"""From this height of the ground on, a step leads down as often as up."""
PIT_RATE = 0.85
"""Of the sections that are wide and high enough for a pit."""
PIT_MIN_WIDTH, PIT_MIN_GROUND = 8, 4
MAX_PILE = 3
"""Crates on top of each other."""
PATROLS = ((0, 1, 0, 1), (0, 1, 2, 1))
"""Offsets of an enemy in its four phases, for patrols two and three cells long."""

CoinLaw = Literal["end", "section", "column"]


@struct.dataclass
class Sections:
    """The sections of one level; every field has one entry per possible section, shape [MAX_SECTIONS].

    Heights are counted in cells of ground, columns from the left of the level.
    """

    used: jax.Array
    x: jax.Array
    width: jax.Array
    ground: jax.Array


@dataclasses.dataclass(frozen=True)
class CoinRunLevels:
    """A distribution over CoinRun levels.

    The same key under another coin law gives the same level with only the coin moved.

    Attributes:
        coin: where the coin lies. ``end``: in the last column, before the end wall. ``section``: on the
            ground in the first column of a uniformly chosen section (the law of Langosco et al. 2022).
            ``column``: in a uniformly chosen column before the last, at a uniformly chosen free cell
            from the ground up to the height of a jump.
        difficulties: the difficulties that are drawn from, each 1, 2 or 3; a level of difficulty D has
            D to 2D - 1 sections.
    """

    coin: CoinLaw = "end"
    difficulties: tuple[int, ...] = (1, 2, 3)

    def __post_init__(self) -> None:
        if self.coin not in ("end", "section", "column"):
            raise ValueError(f"the coin law is end, section or column, not {self.coin!r}")
        if not self.difficulties or not set(self.difficulties) <= {1, 2, 3}:
            raise ValueError(f"difficulties are 1, 2 and 3, not {self.difficulties}")

    def __call__(self, key: jax.Array) -> CoinRunLevel:
        """One level."""
        layout_key, coin_key = random.split(key)
        size_key, ground_key, danger_key = random.split(layout_key, 3)
        difficulty = random.choice(size_key, jnp.array(self.difficulties))
        sections = _sections(ground_key, difficulty)
        cells, pits = _cells(danger_key, difficulty, sections)
        end = _on_ground(*_last(sections))
        coin = self._coin(coin_key, sections, cells, pits, end)
        start = _on_ground(jnp.int32(1), jnp.int32(1))
        outside = jnp.arange(CHANNELS) == WALL
        return CoinRunLevel(cells=grid.pack(cells, outside), start=start, end=end, coin=coin)

    def _coin(
        self, key: jax.Array, sections: Sections, cells: jax.Array, pits: jax.Array, end: jax.Array
    ) -> jax.Array:
        if self.coin == "end":
            return end
        if self.coin == "section":
            section = random.categorical(key, jnp.where(sections.used, 0.0, -jnp.inf))
            return _on_ground(sections.x[section], sections.ground[section])
        return _anywhere(key, sections, cells, pits, end)


def _on_ground(x: jax.Array, ground: jax.Array) -> jax.Array:
    """The place that stands on ``ground`` cells of ground in column ``x``."""
    return jnp.stack((x, HEIGHT - 1 - ground)).astype(jnp.int32)


def _sections(key: jax.Array, difficulty: jax.Array) -> Sections:
    """Number, widths and heights of the sections.

    The original: U{D..2D-1} sections, U{3..2D+2} columns wide and one wider at D = 3, stepping by U{1..4}
    cells, one more at D = 3.
    """
    count_key, width_key, step_key, down_key = random.split(key, 4)
    hardest = (difficulty == 3).astype(jnp.int32)
    shape = (MAX_SECTIONS,)
    used = jnp.arange(MAX_SECTIONS) < random.randint(count_key, (), difficulty, 2 * difficulty)
    width = random.randint(width_key, shape, 3, 3 + 2 * difficulty) + hardest
    width = jnp.where(used, width, 0)
    step = random.randint(step_key, shape, 1, 5) + hardest
    down = random.bernoulli(down_key, 0.5, shape)

    def walk(ground: jax.Array, section: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        step, down = section
        falls = (down & (ground >= OFTEN_DOWN_FROM)) | (ground + step > MAX_GROUND)
        ground = jnp.maximum(jnp.where(falls, ground - step, ground + step), 1)
        return ground, ground

    ground = jax.lax.scan(walk, jnp.int32(1), (step, down))[1]
    return Sections(used=used, x=FIRST_COLUMN + jnp.cumsum(width) - width, width=width, ground=ground)


def _last(sections: Sections) -> tuple[jax.Array, jax.Array]:
    """Column behind the last section, and the height of the ground there."""
    last = jnp.sum(sections.used) - 1
    return sections.x[last] + sections.width[last], sections.ground[last]


def _cells(key: jax.Array, difficulty: jax.Array, sections: Sections) -> tuple[jax.Array, jax.Array]:
    """The cells of the level, bool[HEIGHT, WIDTH, CHANNELS], and where its pits are, bool[WIDTH]."""
    kind_key, section_key = random.split(key)
    kind = random.randint(kind_key, (), 0, 3)
    keys = random.split(section_key, MAX_SECTIONS)
    painted, pits = jax.vmap(_section_cells, (0, None, None, 0))(keys, difficulty, kind, sections)
    height, column = _coordinates()
    end, end_ground = _last(sections)
    start = (column < FIRST_COLUMN) & (height < 1)
    last = (column == end) & (height < end_ground)
    walls = start | last | (column == 0) | (column > end)
    cells = jnp.any(painted, axis=0)
    return cells.at[..., WALL].set(cells[..., WALL] | walls), jnp.any(pits, axis=0)


def _coordinates() -> tuple[jax.Array, jax.Array]:
    """Height above the floor, int32[HEIGHT, 1], and column, int32[1, WIDTH]."""
    return jnp.arange(HEIGHT - 1, -1, -1)[:, None], jnp.arange(WIDTH)[None]


def _section_cells(
    key: jax.Array, difficulty: jax.Array, kind: jax.Array, section: Sections
) -> tuple[jax.Array, jax.Array]:
    """What one section adds: bool[HEIGHT, WIDTH, CHANNELS]; and its pit: bool[WIDTH]."""
    pit_key, solid_key = random.split(key)
    has_pit, pit_cells, pit = _pit(pit_key, kind, section)
    dangers = _dangers(solid_key, difficulty, section)
    height, column = _coordinates()
    inside = (column >= section.x) & (column < section.x + section.width)
    ground = inside & (height < section.ground)
    # Floating ground within a pit is pit all the same; the floor below it stays.
    solid = ground & (~(has_pit & pit) | (height == 0))
    cells = jnp.where(has_pit, pit_cells, dangers)
    cells = cells.at[..., WALL].set(cells[..., WALL] | solid)
    return cells & section.used, pit[0] & has_pit & section.used


def _stack_channels(
    wall: jax.Array, crate: jax.Array, lava: jax.Array, saw: jax.Array, enemies: jax.Array
) -> jax.Array:
    """Channels in the order of a level: bool[HEIGHT, WIDTH, CHANNELS]; enemies: [HEIGHT, WIDTH, phases]."""
    still = jnp.stack(jnp.broadcast_arrays(wall, crate, lava, saw), axis=-1)
    return jnp.concatenate((still, enemies), axis=-1)


def _pit(key: jax.Array, kind: jax.Array, section: Sections) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Whether the section has a pit, the cells in it, and its columns: (bool, [HEIGHT, WIDTH, CHANNELS], [1, WIDTH]).

    The original: one to three columns of ground at either side, at most seven of pit; at the bottom lava,
    saws, or as many enemies as there are columns (``kind`` 0, 1, 2); floating ground in pits of five and more.
    """
    rate_key, left_key, right_key, lava_key, island_key = random.split(key, 5)
    fits = (section.width >= PIT_MIN_WIDTH) & (section.ground >= PIT_MIN_GROUND)
    has_pit = fits & random.bernoulli(rate_key, PIT_RATE)
    left, right = random.randint(left_key, (), 1, 4), random.randint(right_key, (), 1, 4)
    begin, width = section.x + left, section.width - left - right
    lava_height = random.randint(lava_key, (), 1, jnp.maximum(section.ground - 2, 2))

    height, column = _coordinates()
    pit = (column >= begin) & (column < begin + width)
    bottom = pit & (height >= 1) & (height <= jnp.where(kind == 0, lava_height, 1))
    island = _island(island_key, begin, width, column) & (height == section.ground - 1)
    # Enemies shoulder to shoulder leave no cell free in any phase.
    enemies = jnp.repeat((bottom & (kind == 2))[..., None], PATROL_PHASES, axis=-1)
    cells = _stack_channels(
        wall=island,
        crate=jnp.zeros_like(bottom),
        lava=bottom & (kind == 0),
        saw=bottom & (kind == 1),
        enemies=enemies,
    )
    return has_pit, cells, pit


def _island(key: jax.Array, begin: jax.Array, width: jax.Array, column: jax.Array) -> jax.Array:
    """Columns of the floating ground in a wide pit."""
    before_key, length_key = random.split(key)
    before = random.randint(before_key, (), 0, 2) + jnp.where(width == 5, 1, 2)
    drawn = random.randint(length_key, (), 1, 3)
    length = jnp.where(width >= 7, width - before - drawn - 1, drawn)
    first = begin + before
    return (width >= 5) & (column >= first) & (column < first + length)


def _dangers(key: jax.Array, difficulty: jax.Array, section: Sections) -> jax.Array:
    """A saw, an enemy and crates on solid ground: bool[HEIGHT, WIDTH, CHANNELS].

    The original: a saw in .2 D, an enemy in .1 D of the sections wider than three, each behind the first
    column; two piles of one to three crates, each with probability one half.
    """
    saw_key, saw_x_key, enemy_key, patrol_key, crate_key = random.split(key, 5)
    wide = section.width > 3
    height, column = _coordinates()
    on_ground = height == section.ground
    saw_x = section.x + random.randint(saw_x_key, (), 1, jnp.maximum(section.width - 1, 2))
    saw = wide & random.bernoulli(saw_key, 0.2 * difficulty) & (column == saw_x) & on_ground
    wants_enemy = wide & random.bernoulli(enemy_key, 0.1 * difficulty)
    enemies = _patrol(patrol_key, section, column) & on_ground[..., None] & wants_enemy
    # No two things share a cell: what was there first stays, the saw before the enemy before the crates.
    enemies = enemies & ~jnp.any(enemies & saw[..., None])
    crates = _crates(crate_key, section)
    taken = jnp.any(saw | jnp.any(enemies, axis=-1), axis=0, keepdims=True)
    return _stack_channels(
        wall=jnp.zeros_like(saw), crate=crates & ~taken, lava=jnp.zeros_like(saw), saw=saw, enemies=enemies
    )


def _patrol(key: jax.Array, section: Sections, column: jax.Array) -> jax.Array:
    """Columns of an enemy in each phase, never the first of the section: bool[1, WIDTH, PATROL_PHASES]."""
    length_key, place_key, phase_key = random.split(key, 3)
    length = random.randint(length_key, (), 2, jnp.where(section.width > 3, 4, 3))
    offsets = jnp.array(PATROLS)[length - 2, (jnp.arange(PATROL_PHASES) + random.randint(phase_key, (), 0, 4)) % 4]
    first = section.x + random.randint(place_key, (), 1, jnp.maximum(section.width - length, 1) + 1)
    return column[..., None] == first + offsets


def _crates(key: jax.Array, section: Sections) -> jax.Array:
    """Two piles or fewer, never in the first or the last column: bool[HEIGHT, WIDTH]."""
    rate_key, place_key, pile_key = random.split(key, 3)
    place = section.x + random.randint(place_key, (2,), 1, jnp.maximum(section.width - 1, 2))
    pile = random.randint(pile_key, (2,), 1, MAX_PILE + 1) * random.bernoulli(rate_key, 0.5, (2,))
    height, column = _coordinates()
    above = height[..., None] - section.ground
    return jnp.any((column[..., None] == place) & (above >= 0) & (above < pile), axis=-1)


def _anywhere(
    key: jax.Array, sections: Sections, cells: jax.Array, pits: jax.Array, end: jax.Array
) -> jax.Array:
    """A free cell within a jump of the ground, in a column between start and end, both excluded."""
    column_key, row_key = random.split(key)
    x = random.randint(column_key, (), 2, end[0])
    section = jnp.sum(sections.used & (sections.x <= x)) - 1
    ground = jnp.where(section < 0, 1, sections.ground[section])
    height = _coordinates()[0][:, 0]
    reachable = (height >= ground) & (height <= ground + JUMP)
    free = reachable & ~jnp.any(cells[:, x], axis=-1)
    # Above the middle of a pit, the peak of a jump is reached from neither side with a margin.
    free = free & ~(pits[x] & (height == ground + JUMP))
    row = random.categorical(row_key, jnp.where(free, 0.0, -jnp.inf))
    return jnp.stack((x, row)).astype(jnp.int32)
