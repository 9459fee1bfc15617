"""CoinRun's physics: how the agent runs, jumps, lands and dies.

The agent moves at most one cell along each axis in a step. A jump rises `JUMP` cells, one a step, then
falls one a step; so it peaks at 5 cells, lasts 10 steps and spans 10 columns (the original: 6.4 tiles,
16 steps, 8 tiles). State is small and integer, so that a level's whole state space can be enumerated.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.coinrun.level import CRATE, ENEMY, LAVA, PERIOD, PHASE_STEPS, SAW, WALL, CoinRunLevel
from gmbench.envs.core.grid import filled

JUMP = 5
"""Cells that a jump rises; the highest step of the ground."""
ACTIONS = ("left", "stay", "right", "jump left", "jump", "jump right")


@struct.dataclass
class CoinRunState:
    """The agent and the clock of the enemies, all scalars.

    Attributes:
        x: int32, column.
        y: int32, row.
        rise: int32, steps that the agent still rises by itself, 0 to JUMP - 1.
        phase: int32, steps into the enemies' round, 0 to PERIOD - 1.
        dead: bool, whether lava, a saw or an enemy has got the agent.
    """

    x: jax.Array
    y: jax.Array
    rise: jax.Array
    phase: jax.Array
    dead: jax.Array


def start(level: CoinRunLevel) -> CoinRunState:
    """The agent at the start, standing."""
    zero = jnp.int32(0)
    return CoinRunState(x=level.start[0], y=level.start[1], rise=zero, phase=zero, dead=jnp.bool_(False))


def advance(level: CoinRunLevel, state: CoinRunState, action: jax.Array) -> CoinRunState:
    """One step: first up or down, then left or right, then what the new cell does to the agent."""
    sideways = jax.lax.rem(jnp.asarray(action, jnp.int32), 3) - 1
    columns = level.cells.columns(state.x - 1, 3)
    y, rise = _vertical(columns[1], state, wants_jump=action >= 3)
    blocked = filled(columns[1 + sideways, WALL], y)
    x = jnp.where(blocked, state.x, state.x + sideways)
    here = columns[1 + jnp.where(blocked, 0, sideways)]
    phase = jax.lax.rem(state.phase + 1, PERIOD)
    dead = state.dead | _deadly(here, y, state.phase, phase)
    return CoinRunState(x=x, y=y, rise=rise, phase=phase, dead=dead)


def _vertical(here: jax.Array, state: CoinRunState, wants_jump: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Row and remaining rise after the vertical half of a step, in the column ``here`` (uint32[channels]).

    Crates carry from above and let through from every other side, as in the original.
    """
    supported = filled(here[WALL], state.y + 1) | filled(here[CRATE], state.y + 1)
    rise = jnp.where(supported & (state.rise == 0) & wants_jump, JUMP, state.rise)
    bumped = filled(here[WALL], state.y - 1)
    rises, falls = (rise > 0) & ~bumped, (rise == 0) & ~supported
    y = state.y - rises.astype(jnp.int32) + falls.astype(jnp.int32)
    return y, jnp.where(rises, rise - 1, 0)


def _deadly(here: jax.Array, y: jax.Array, before: jax.Array, after: jax.Array) -> jax.Array:
    """Whether the cell kills.

    An enemy strikes in the cell that it leaves as in the one that it enters: otherwise it and the agent
    could change places unharmed.
    """
    left, entered = jax.lax.div(before, PHASE_STEPS), jax.lax.div(after, PHASE_STEPS)
    enemies = here[ENEMY + left] | here[ENEMY + entered]
    return filled(here[LAVA] | here[SAW] | enemies, y)
