"""What a CoinRun level is: its size, its channels and its few places."""

from __future__ import annotations

import jax
from flax import struct

from gmbench.envs.core.grid import BitPlanes

HEIGHT = 18
"""Rows of the world."""
WIDTH = 52
"""Columns of the world; the longest level ends in column 50, before a wall."""

WALL, CRATE, LAVA, SAW, ENEMY = range(5)
"""Channels of a level's cells. Those from ENEMY on hold the enemies, one channel for each patrol phase."""
PATROL_PHASES = 4
"""Places that an enemy goes through before its round begins again."""
PHASE_STEPS = 3
"""Steps that an enemy stays in a cell: a third of the agent's speed."""
PERIOD = PATROL_PHASES * PHASE_STEPS
"""Steps of one round of every enemy."""
CHANNELS = ENEMY + PATROL_PHASES


@struct.dataclass
class CoinRunLevel:
    """One level. Places are int32[2], (column, row).

    Attributes:
        cells: walls, crates, lava, saws, and the enemies in each of their patrol phases.
        start: where the agent starts.
        end: the end of the level, where the coin lies in training.
        coin: where the coin lies; the only cue that a shift moves.
    """

    cells: BitPlanes
    start: jax.Array
    end: jax.Array
    coin: jax.Array

    def layout(self) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Everything but the coin."""
        return self.cells.words, self.start, self.end
