"""CoinRun's physics: how the agent runs, jumps, lands and dies.

The agent moves at most one cell along each axis in a step. In a jump it rises one cell a step, `JUMP` cells
in all, and then falls one cell a step. So a jump peaks at 5 cells, lasts 10 steps and spans 10 columns (the
original: 6.4 tiles, 16 steps, 8 tiles). The state consists of a few small integers, so that all states of a
level can be enumerated.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.envs.coinrun.level import CRATE, ENEMY, LAVA, PERIOD, PHASE_STEPS, SAW, WALL, CoinRunLevel
from gmbench.envs.core.grid import filled

JUMP = 5
"""Cells that the agent rises in a jump; also the largest step of the ground."""
ACTIONS = ("left", "stay", "right", "jump left", "jump", "jump right")


@struct.dataclass
class CoinRunState:
    """The state of the agent and the clock of the enemies. All fields are scalars.

    Attributes:
        x: int32, column of the agent.
        y: int32, row of the agent.
        rise: int32, steps for which the agent will still rise, 0 to JUMP - 1.
        phase: int32, steps since the patrols last began, 0 to PERIOD - 1.
        dead: bool, whether lava, a saw or an enemy has killed the agent.
    """

    x: jax.Array
    y: jax.Array
    rise: jax.Array
    phase: jax.Array
    dead: jax.Array


def start(level: CoinRunLevel) -> CoinRunState:
    """Returns the state with the agent standing at the start."""
    zero = jnp.int32(0)
    return CoinRunState(x=level.start[0], y=level.start[1], rise=zero, phase=zero, dead=jnp.bool_(False))


def advance(level: CoinRunLevel, state: CoinRunState, action: jax.Array) -> CoinRunState:
    """Moves the agent up or down, then left or right; then checks whether the new cell kills it."""
    sideways = jax.lax.rem(jnp.asarray(action, jnp.int32), jnp.int32(3)) - 1
    columns = level.cells.columns(state.x - 1, 3)
    y, rise = _vertical(columns[1], state, wants_jump=action >= 3)
    blocked = filled(columns[1 + sideways, WALL], y)
    x = jnp.where(blocked, state.x, state.x + sideways)
    here = columns[1 + jnp.where(blocked, 0, sideways)]
    phase = jax.lax.rem(state.phase + 1, jnp.int32(PERIOD))
    dead = state.dead | _deadly(here, y, state.phase, phase)
    return CoinRunState(x=x, y=y, rise=rise, phase=phase, dead=dead)


def _vertical(here: jax.Array, state: CoinRunState, wants_jump: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Returns the row and the remaining rise after the vertical half of a step: int32 scalars.

    The agent can stand on a crate and can pass through it from every other side, as in the original.

    Args:
        here: uint32[CHANNELS], the cells of the agent's column, one bit for each row.
        state: before the step.
        wants_jump: bool, whether the action is a jump.
    """
    supported = filled(here[WALL], state.y + 1) | filled(here[CRATE], state.y + 1)
    rise = jnp.where(supported & (state.rise == 0) & wants_jump, JUMP, state.rise)
    bumped = filled(here[WALL], state.y - 1)
    rises, falls = (rise > 0) & ~bumped, (rise == 0) & ~supported
    y = state.y - rises.astype(jnp.int32) + falls.astype(jnp.int32)
    return y, jnp.where(rises, rise - 1, 0)


def _deadly(here: jax.Array, y: jax.Array, before: jax.Array, after: jax.Array) -> jax.Array:
    """Returns whether the agent's new cell kills it: bool scalar.

    An enemy kills both in the cell that it leaves and in the cell that it enters. Otherwise it and the agent
    could change places without harm.

    Args:
        here: uint32[CHANNELS], the cells of the agent's new column, one bit for each row.
        y: int32, the agent's new row.
        before: int32, ``phase`` before the step.
        after: int32, ``phase`` after the step.
    """
    left, entered = (jax.lax.div(phase, jnp.int32(PHASE_STEPS)) for phase in (before, after))
    enemies = here[ENEMY + left] | here[ENEMY + entered]
    return filled(here[LAVA] | here[SAW] | enemies, y)
