"""What CoinRun puts into one section: either a pit, or a saw, an enemy and crates on solid ground.

Every function here works on one section: the fields of `Draws` and `Sections` are scalars. Cells are
bool[HEIGHT, WIDTH, CHANNELS], for the whole world.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from gmbench.envs.coinrun.level import PATROL_PHASES
from gmbench.envs.coinrun.sections import Draws, Sections, coordinates, draw_integer

PIT_RATE = 0.85
"""Probability of a pit in a section that is wide and high enough for one."""
PIT_MIN_WIDTH, PIT_MIN_GROUND = 8, 4
"""Columns and cells of ground that a section needs to have a pit."""
MAX_PILE = 3
"""Largest number of crates on top of each other."""
PATROLS = ((0, 1, 0, 1), (0, 1, 2, 1))
"""Column offsets of an enemy in its four phases, for patrols of two and of three cells."""


def make_pit(draws: Draws, kind: jax.Array, section: Sections) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Returns whether the section has a pit (bool), the cells in it, and its columns (bool[1, WIDTH]).

    The original generator: one to three columns of ground on either side of at most seven columns of pit. At
    the bottom there is lava, a saw in every column, or an enemy in every column (``kind`` 0, 1, 2, the same
    for the whole level). A pit of five or more columns has an island of floating ground.
    """
    fits = (section.width >= PIT_MIN_WIDTH) & (section.ground >= PIT_MIN_GROUND)
    left, right = draw_integer(draws.pit_left, 1, 4), draw_integer(draws.pit_right, 1, 4)
    begin, width = section.x + left, section.width - left - right
    lava_height = draw_integer(draws.lava, 1, jnp.maximum(section.ground - 2, 2))

    height, column = coordinates()
    pit = (column >= begin) & (column < begin + width)
    bottom = pit & (height >= 1) & (height <= jnp.where(kind == 0, lava_height, 1))
    island = _island(draws, begin, width, column) & (height == section.ground - 1)
    # The enemies of a pit stand still: each fills its cell in all phases.
    enemies = jnp.repeat((bottom & (kind == 2))[..., None], PATROL_PHASES, axis=-1)
    cells = _stack_channels(
        wall=island,
        crate=jnp.zeros_like(bottom),
        lava=bottom & (kind == 0),
        saw=bottom & (kind == 1),
        enemies=enemies,
    )
    return fits & (draws.pit < PIT_RATE), cells, pit


def _island(draws: Draws, begin: jax.Array, width: jax.Array, column: jax.Array) -> jax.Array:
    """Returns the columns of floating ground in a pit: bool[1, WIDTH]."""
    before = draw_integer(draws.island_before, 0, 2) + jnp.where(width == 5, 1, 2)
    drawn = draw_integer(draws.island_length, 1, 3)
    # In the widest pits the gap after the island is drawn, two or three columns; the island fills the rest.
    length = jnp.where(width >= 7, width - before - drawn - 1, drawn)
    first = begin + before
    return (width >= 5) & (column >= first) & (column < first + length)


def make_dangers(draws: Draws, rate: jax.Array, section: Sections) -> jax.Array:
    """Returns the cells with a saw, an enemy and crates on solid ground.

    The original generator, for difficulty D: of the sections wider than three columns, a fraction .2 D has a
    saw and .1 D an enemy, neither in the first column; two piles of one to three crates, each with
    probability 1/2. Here enemies are slightly rarer: no two things share a cell, so an enemy whose patrol
    would meet a saw is left out.
    """
    wide = section.width > 3
    height, column = coordinates()
    on_ground = height == section.ground
    saw_x = section.x + draw_integer(draws.saw_x, 1, section.width - 1)
    saw = wide & (draws.saw < 0.2 * rate) & (column == saw_x) & on_ground
    wants_enemy = wide & (draws.enemy < 0.1 * rate)
    enemies = _patrol(draws, section, column) & on_ground[..., None] & wants_enemy
    enemies = enemies & ~jnp.any(enemies & saw[..., None])
    taken = jnp.any(saw | jnp.any(enemies, axis=-1), axis=0, keepdims=True)
    crates = _crates(draws.crates, draws.crates_x, draws.crates_pile, section) | _crates(
        draws.more_crates, draws.more_crates_x, draws.more_crates_pile, section
    )
    nothing = jnp.zeros_like(saw)
    return _stack_channels(wall=nothing, crate=crates & ~taken, lava=nothing, saw=saw, enemies=enemies)


def _patrol(draws: Draws, section: Sections, column: jax.Array) -> jax.Array:
    """Returns an enemy's column in each phase, never the section's first: bool[1, WIDTH, PATROL_PHASES]."""
    length = draw_integer(draws.patrol_length, 2, 4)
    phases = (jnp.arange(PATROL_PHASES) + draw_integer(draws.patrol_phase, 0, PATROL_PHASES)) % PATROL_PHASES
    first = section.x + draw_integer(draws.patrol_x, 1, section.width - length + 1)
    return column[..., None] == first + jnp.array(PATROLS)[length - 2, phases]


def _crates(draw: jax.Array, x: jax.Array, pile: jax.Array, section: Sections) -> jax.Array:
    """Returns at most one pile of crates, never in the first or last column: bool[HEIGHT, WIDTH]."""
    height, column = coordinates()
    above = height - section.ground
    place = section.x + draw_integer(x, 1, section.width - 1)
    return (draw < 0.5) & (column == place) & (above >= 0) & (above < draw_integer(pile, 1, MAX_PILE + 1))


def _stack_channels(
    wall: jax.Array, crate: jax.Array, lava: jax.Array, saw: jax.Array, enemies: jax.Array
) -> jax.Array:
    """Stacks channels in the order of a level; ``enemies`` is bool[HEIGHT, WIDTH, PATROL_PHASES]."""
    still = jnp.stack(jnp.broadcast_arrays(wall, crate, lava, saw), axis=-1)
    return jnp.concatenate((still, enemies), axis=-1)
