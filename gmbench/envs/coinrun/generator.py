"""CoinRun's level generator: sections of ground with steps, pits, saws, enemies and crates, then the coin.

The laws and rates follow the generator of the original (Cobbe et al. 2019; procgen's ``coinrun.cpp``),
whose figures stand at each constant. Levels are solvable by construction: every step of the ground is at
most one jump high, every pit at most one jump wide, the first column of a section is safe, and the coin
hangs within a jump of the ground.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import chex
import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.coinrun.level import CHANNELS, HEIGHT, PATROL_PHASES, WALL, WIDTH, CoinRunLevel
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.core import grid
from gmbench.envs.core.options import fix_numbers

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
class Draws:
    """The random numbers of one section, each uniform in [0, 1).

    They are drawn in one call for a whole level: a call apiece made the compiled program four times as
    slow to build.
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


def _pick(draw: jax.Array, low: chex.Numeric, high: chex.Numeric) -> jax.Array:
    """An integer from ``low`` to ``high - 1``, at least ``low``: int32, from a uniform draw in [0, 1)."""
    return low + jnp.floor(draw * (high - low)).astype(jnp.int32)


@struct.dataclass
class Sections:
    """The sections of one level; every field has one entry per possible section, shape [MAX_SECTIONS].

    Attributes:
        used: bool, whether the level has this section.
        x: int32, its first column.
        width: int32, in columns; 0 where it is not used.
        ground: int32, cells of ground above the bottom of the world.
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
        danger: how much likelier a section has a saw or an enemy than in the original.
    """

    coin: CoinLaw = "end"
    difficulties: tuple[int, ...] = (1, 2, 3)
    danger: float = 1.0

    def __post_init__(self) -> None:
        if self.coin not in ("end", "section", "column"):
            raise ValueError(f"the coin law is end, section or column, not {self.coin!r}")
        fix_numbers(self, "difficulties", 1, 3)
        if not self.danger >= 0:
            raise ValueError(f"danger is a factor of at least 0, not {self.danger}")

    def __call__(self, key: jax.Array) -> CoinRunLevel:
        """One level."""
        level_key, section_key, coin_key = jax.random.split(key, 3)
        size, count, kind = jax.random.uniform(level_key, (3,))
        fields = len(dataclasses.fields(Draws))
        draws = Draws(*jax.random.uniform(section_key, (fields, MAX_SECTIONS)))
        difficulty = jnp.array(self.difficulties)[_pick(size, 0, len(self.difficulties))]
        sections = _sections(draws, difficulty, _pick(count, difficulty, 2 * difficulty))
        rate = self.danger * difficulty
        cells, pits = _cells(draws, rate, _pick(kind, 0, 3), sections)
        end = _on_ground(*_last(sections))
        coin = self._coin(coin_key, sections, cells, pits, end)
        start = _on_ground(jnp.int32(1), jnp.int32(1))
        outside = jnp.arange(CHANNELS) == WALL
        return CoinRunLevel(cells=grid.pack(cells, outside), start=start, end=end, coin=coin)

    def _coin(
        self, key: jax.Array, sections: Sections, cells: jax.Array, pits: jax.Array, end: jax.Array
    ) -> jax.Array:
        draws = jax.random.uniform(key, (2,))
        if self.coin == "section":
            section = _pick(draws[0], 0, jnp.sum(sections.used))
            return _on_ground(sections.x[section], sections.ground[section])
        if self.coin == "column":
            return _anywhere(draws, sections, cells, pits, end)
        return end


def _on_ground(x: jax.Array, ground: jax.Array) -> jax.Array:
    """The place that stands on ``ground`` cells of ground in column ``x``."""
    return jnp.stack((x, HEIGHT - 1 - ground)).astype(jnp.int32)


def _sections(draws: Draws, difficulty: jax.Array, count: jax.Array) -> Sections:
    """Widths and heights of ``count`` sections.

    The original: U{D..2D-1} sections, U{3..2D+2} columns wide and one wider at D = 3, stepping by U{1..4}
    cells, one more at D = 3.
    """
    hardest = (difficulty == 3).astype(jnp.int32)
    used = jnp.arange(MAX_SECTIONS) < count
    width = jnp.where(used, _pick(draws.width, 3, 3 + 2 * difficulty) + hardest, 0)
    step = _pick(draws.step, 1, 5) + hardest

    def walk(ground: jax.Array, section: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        step, down = section
        falls = (down & (ground >= OFTEN_DOWN_FROM)) | (ground + step > MAX_GROUND)
        ground = jnp.maximum(jnp.where(falls, ground - step, ground + step), 1)
        return ground, ground

    ground = jax.lax.scan(walk, jnp.int32(1), (step, draws.down < 0.5))[1]
    return Sections(used=used, x=FIRST_COLUMN + jnp.cumsum(width) - width, width=width, ground=ground)


def _last(sections: Sections) -> tuple[jax.Array, jax.Array]:
    """Column behind the last section, and the height of the ground there."""
    last = jnp.sum(sections.used) - 1
    return sections.x[last] + sections.width[last], sections.ground[last]


def _cells(draws: Draws, rate: jax.Array, kind: jax.Array, sections: Sections) -> tuple[jax.Array, jax.Array]:
    """The cells of the level, bool[HEIGHT, WIDTH, CHANNELS], and where its pits are, bool[WIDTH]."""
    painted, pits = jax.vmap(_section_cells, (0, None, None, 0))(draws, rate, kind, sections)
    height, column = _coordinates()
    end, end_ground = _last(sections)
    start = (column < FIRST_COLUMN) & (height < 1)
    last = (column == end) & (height < end_ground)
    walls = start | last | (column == 0) | (column > end)
    cells = jnp.any(painted, axis=0)
    return cells.at[..., WALL].set(cells[..., WALL] | walls), jnp.any(pits, axis=0)


def _coordinates() -> tuple[jax.Array, jax.Array]:
    """Height above the bottom row, int32[HEIGHT, 1], and column, int32[1, WIDTH]."""
    return jnp.arange(HEIGHT - 1, -1, -1)[:, None], jnp.arange(WIDTH)[None]


def _section_cells(
    draws: Draws, rate: jax.Array, kind: jax.Array, section: Sections
) -> tuple[jax.Array, jax.Array]:
    """What one section adds: bool[HEIGHT, WIDTH, CHANNELS]; and its pit: bool[WIDTH]."""
    has_pit, pit_cells, pit = _pit(draws, kind, section)
    dangers = _dangers(draws, rate, section)
    height, column = _coordinates()
    inside = (column >= section.x) & (column < section.x + section.width)
    # The bottom row goes on below a pit.
    solid = inside & (height < section.ground) & (~(has_pit & pit) | (height == 0))
    cells = jnp.where(has_pit, pit_cells, dangers)
    cells = cells.at[..., WALL].set(cells[..., WALL] | solid)
    return cells & section.used, pit[0] & has_pit & section.used


def _channels(
    wall: jax.Array, crate: jax.Array, lava: jax.Array, saw: jax.Array, enemies: jax.Array
) -> jax.Array:
    """Channels in the order of a level: bool[HEIGHT, WIDTH, CHANNELS]; enemies: [HEIGHT, WIDTH, phases]."""
    still = jnp.stack(jnp.broadcast_arrays(wall, crate, lava, saw), axis=-1)
    return jnp.concatenate((still, enemies), axis=-1)


def _pit(draws: Draws, kind: jax.Array, section: Sections) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Whether the section has a pit, the cells in it, and its columns: bool, cells, bool[1, WIDTH].

    The original: one to three columns of ground at either side, at most seven of pit; at the bottom lava,
    saws, or as many enemies as there are columns (``kind`` 0, 1, 2); floating ground from five on.
    """
    fits = (section.width >= PIT_MIN_WIDTH) & (section.ground >= PIT_MIN_GROUND)
    left, right = _pick(draws.pit_left, 1, 4), _pick(draws.pit_right, 1, 4)
    begin, width = section.x + left, section.width - left - right
    lava_height = _pick(draws.lava, 1, jnp.maximum(section.ground - 2, 2))

    height, column = _coordinates()
    pit = (column >= begin) & (column < begin + width)
    bottom = pit & (height >= 1) & (height <= jnp.where(kind == 0, lava_height, 1))
    island = _island(draws, begin, width, column) & (height == section.ground - 1)
    # Enemies shoulder to shoulder leave no cell free in any phase.
    enemies = jnp.repeat((bottom & (kind == 2))[..., None], PATROL_PHASES, axis=-1)
    cells = _channels(
        wall=island,
        crate=jnp.zeros_like(bottom),
        lava=bottom & (kind == 0),
        saw=bottom & (kind == 1),
        enemies=enemies,
    )
    return fits & (draws.pit < PIT_RATE), cells, pit


def _island(draws: Draws, begin: jax.Array, width: jax.Array, column: jax.Array) -> jax.Array:
    """Columns of the floating ground in a wide pit."""
    before = _pick(draws.island_before, 0, 2) + jnp.where(width == 5, 1, 2)
    drawn = _pick(draws.island_length, 1, 3)
    # In the widest pits the gap behind is drawn, two or three columns, and the island fills the rest.
    length = jnp.where(width >= 7, width - before - drawn - 1, drawn)
    first = begin + before
    return (width >= 5) & (column >= first) & (column < first + length)


def _dangers(draws: Draws, rate: jax.Array, section: Sections) -> jax.Array:
    """A saw, an enemy and crates on solid ground: bool[HEIGHT, WIDTH, CHANNELS].

    The original: a saw in .2 D, an enemy in .1 D of the sections wider than three, each behind the first
    column; two piles of one to three crates, each with probability one half. Here enemies are a little
    rarer, since no two things share a cell: one that would meet a saw is left out.
    """
    wide = section.width > 3
    height, column = _coordinates()
    on_ground = height == section.ground
    saw_x = section.x + _pick(draws.saw_x, 1, section.width - 1)
    saw = wide & (draws.saw < 0.2 * rate) & (column == saw_x) & on_ground
    wants_enemy = wide & (draws.enemy < 0.1 * rate)
    enemies = _patrol(draws, section, column) & on_ground[..., None] & wants_enemy
    enemies = enemies & ~jnp.any(enemies & saw[..., None])
    taken = jnp.any(saw | jnp.any(enemies, axis=-1), axis=0, keepdims=True)
    crates = _crates(draws.crates, draws.crates_x, draws.crates_pile, section) | _crates(
        draws.more_crates, draws.more_crates_x, draws.more_crates_pile, section
    )
    nothing = jnp.zeros_like(saw)
    return _channels(wall=nothing, crate=crates & ~taken, lava=nothing, saw=saw, enemies=enemies)


def _patrol(draws: Draws, section: Sections, column: jax.Array) -> jax.Array:
    """Columns of an enemy in each phase, never the first of the section: bool[1, WIDTH, PATROL_PHASES]."""
    length = _pick(draws.patrol_length, 2, 4)
    phases = (jnp.arange(PATROL_PHASES) + _pick(draws.patrol_phase, 0, PATROL_PHASES)) % PATROL_PHASES
    first = section.x + _pick(draws.patrol_x, 1, section.width - length + 1)
    return column[..., None] == first + jnp.array(PATROLS)[length - 2, phases]


def _crates(draw: jax.Array, x: jax.Array, pile: jax.Array, section: Sections) -> jax.Array:
    """A pile, or none, never in the first or the last column: bool[HEIGHT, WIDTH]."""
    height, column = _coordinates()
    above = height - section.ground
    place = section.x + _pick(x, 1, section.width - 1)
    return (draw < 0.5) & (column == place) & (above >= 0) & (above < _pick(pile, 1, MAX_PILE + 1))


def _anywhere(
    draws: jax.Array, sections: Sections, cells: jax.Array, pits: jax.Array, end: jax.Array
) -> jax.Array:
    """A free cell within a jump of the ground, in a column between start and end, both excluded."""
    x = _pick(draws[0], 2, end[0])
    section = jnp.sum(sections.used & (sections.x <= x)) - 1
    ground = jnp.where(section < 0, 1, sections.ground[section])
    height = _coordinates()[0][:, 0]
    # In the middle of a pit the peak of a jump is out of reach from either side.
    reach = jnp.where(pits[x], JUMP - 1, JUMP)
    free = (height >= ground) & (height <= ground + reach) & ~jnp.any(cells[:, x], axis=-1)
    row = jnp.argmax(jnp.cumsum(free) > _pick(draws[1], 0, jnp.sum(free)))
    return jnp.stack((x, row)).astype(jnp.int32)
