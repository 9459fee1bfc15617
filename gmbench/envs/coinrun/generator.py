"""CoinRun's level generator: sections of ground with steps, pits, saws, enemies and crates, then the coin.

Its rules and rates follow the original generator (Cobbe et al. 2019; procgen's ``coinrun.cpp``), whose
numbers are given where ours are used. Levels are solvable by construction: no step of the ground is higher
and no pit is wider than a jump, the first column of a section is safe, and the coin hangs at most a jump
above the ground.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp

from gmbench.envs.coinrun.dangers import make_dangers, make_pit
from gmbench.envs.coinrun.level import CHANNELS, WALL, CoinRunLevel
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.coinrun.sections import (
    FIRST_COLUMN,
    MAX_SECTIONS,
    Draws,
    Sections,
    coordinates,
    draw_integer,
    find_end,
    make_sections,
    place_on_ground,
)
from gmbench.envs.core import grid
from gmbench.envs.core.options import fix_numbers

CoinPlacement = Literal["end", "section", "column"]


@dataclasses.dataclass(frozen=True)
class CoinRunLevels:
    """A distribution over CoinRun levels.

    The same key with another ``coin`` generates the same level; only the place of the coin differs.

    Attributes:
        coin: where the coin lies. ``end``: in the last column, in front of the end wall. ``section``: on the
            ground in the first column of a uniformly chosen section, as in Langosco et al. (2022).
            ``column``: in a uniformly chosen column before the last one, in a uniformly chosen free cell from
            the ground up to the height of a jump.
        difficulties: difficulties 1, 2 or 3, drawn uniformly; a level of difficulty D has D to 2D - 1
            sections.
        danger: factor on the original's probability of a saw or an enemy in a section.
    """

    coin: CoinPlacement = "end"
    difficulties: tuple[int, ...] = (1, 2, 3)
    danger: float = 1.0

    def __post_init__(self) -> None:
        if self.coin not in ("end", "section", "column"):
            raise ValueError(f"coin must be end, section or column, not {self.coin!r}")
        fix_numbers(self, "difficulties", 1, 3)
        if not self.danger >= 0:
            raise ValueError(f"danger is a factor and must be at least 0, not {self.danger}")

    def __call__(self, key: jax.Array) -> CoinRunLevel:
        """Generates one level."""
        level_key, section_key, coin_key = jax.random.split(key, 3)
        size, count, kind = jax.random.uniform(level_key, (3,))
        fields = len(dataclasses.fields(Draws))
        draws = Draws(*jax.random.uniform(section_key, (fields, MAX_SECTIONS)))
        difficulty = jnp.array(self.difficulties)[draw_integer(size, 0, len(self.difficulties))]
        sections = make_sections(draws, difficulty, draw_integer(count, difficulty, 2 * difficulty))
        rate = self.danger * difficulty
        cells, pits = _paint_level(draws, rate, draw_integer(kind, 0, 3), sections)
        end = place_on_ground(*find_end(sections))
        coin = self._coin(coin_key, sections, cells, pits, end)
        start = place_on_ground(jnp.int32(1), jnp.int32(1))
        outside = jnp.arange(CHANNELS) == WALL
        return CoinRunLevel(cells=grid.pack(cells, outside), start=start, end=end, coin=coin)

    def _coin(
        self, key: jax.Array, sections: Sections, cells: jax.Array, pits: jax.Array, end: jax.Array
    ) -> jax.Array:
        """Returns the place of the coin: int32[2], (column, row)."""
        draws = jax.random.uniform(key, (2,))
        if self.coin == "section":
            section = draw_integer(draws[0], 0, jnp.sum(sections.used))
            return place_on_ground(sections.x[section], sections.ground[section])
        if self.coin == "column":
            return _free_place(draws, sections, cells, pits, end)
        return end


def _paint_level(
    draws: Draws, rate: jax.Array, kind: jax.Array, sections: Sections
) -> tuple[jax.Array, jax.Array]:
    """Returns the cells of the level, bool[HEIGHT, WIDTH, CHANNELS], and its pits' columns, bool[WIDTH].

    Args:
        draws: random numbers of the sections.
        rate: float32, the difficulty times ``CoinRunLevels.danger``.
        kind: int32, what lies at the bottom of the pits, see `make_pit`.
        sections: the ground.
    """
    painted, pits = jax.vmap(_paint_section, (0, None, None, 0))(draws, rate, kind, sections)
    height, column = coordinates()
    end, end_ground = find_end(sections)
    start = (column < FIRST_COLUMN) & (height < 1)
    last = (column == end) & (height < end_ground)
    walls = start | last | (column == 0) | (column > end)
    cells = jnp.any(painted, axis=0)
    return cells.at[..., WALL].set(cells[..., WALL] | walls), jnp.any(pits, axis=0)


def _paint_section(
    draws: Draws, rate: jax.Array, kind: jax.Array, section: Sections
) -> tuple[jax.Array, jax.Array]:
    """Returns the cells of one section, bool[HEIGHT, WIDTH, CHANNELS], and its pit's columns, bool[WIDTH]."""
    has_pit, pit_cells, pit = make_pit(draws, kind, section)
    dangers = make_dangers(draws, rate, section)
    height, column = coordinates()
    inside = (column >= section.x) & (column < section.x + section.width)
    # The bottom row stays wall below a pit.
    solid = inside & (height < section.ground) & (~(has_pit & pit) | (height == 0))
    cells = jnp.where(has_pit, pit_cells, dangers)
    cells = cells.at[..., WALL].set(cells[..., WALL] | solid)
    return cells & section.used, pit[0] & has_pit & section.used


def _free_place(
    draws: jax.Array, sections: Sections, cells: jax.Array, pits: jax.Array, end: jax.Array
) -> jax.Array:
    """Returns a free cell within a jump of the ground, in a column between start and end: int32[2].

    Args:
        draws: float32[2], uniform in [0, 1).
        sections: the ground.
        cells: see `_paint_level`.
        pits: see `_paint_level`.
        end: int32[2], (column, row) of the end.
    """
    x = draw_integer(draws[0], 2, end[0])
    section = jnp.sum(sections.used & (sections.x <= x)) - 1
    ground = jnp.where(section < 0, 1, sections.ground[section])
    height = coordinates()[0][:, 0]
    # In the middle of a pit the peak of a jump is out of reach from either side.
    reach = jnp.where(pits[x], JUMP - 1, JUMP)
    free = (height >= ground) & (height <= ground + reach) & ~jnp.any(cells[:, x], axis=-1)
    row = jnp.argmax(jnp.cumsum(free) > draw_integer(draws[1], 0, jnp.sum(free)))
    return jnp.stack((x, row)).astype(jnp.int32)
