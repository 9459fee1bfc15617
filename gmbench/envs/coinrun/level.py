"""The CoinRun level: its size, its channels, and the places of start, end and coin."""

from __future__ import annotations

import jax
from flax import struct

from gmbench.envs.core.grid import BitPlanes

HEIGHT = 18
"""Rows of the world."""
WIDTH = 52
"""Columns of the world; the longest level ends in column 50, in front of a wall."""

WALL, CRATE, LAVA, SAW, ENEMY = range(5)
"""Channels of a level's cells. From ENEMY on, each channel shows the enemies in one patrol phase."""
PATROL_PHASES = 4
"""Phases of a patrol, after which it repeats. An enemy is in one cell during each phase."""
PHASE_STEPS = 3
"""Steps of one patrol phase: enemies move at a third of the agent's speed."""
PERIOD = PATROL_PHASES * PHASE_STEPS
"""Steps after which every enemy's patrol repeats."""
CHANNELS = ENEMY + PATROL_PHASES
"""Number of channels of a level's cells."""


@struct.dataclass
class CoinRunLevel:
    """One CoinRun level. Places are int32[2], (column, row).

    Attributes:
        cells: walls, crates, lava, saws, and the enemies in each of their patrol phases.
        start: place where the agent starts.
        end: place of the end of the level, where the coin lies in training.
        coin: place of the coin, the only part of a level that the shift changes.
    """

    cells: BitPlanes
    start: jax.Array
    end: jax.Array
    coin: jax.Array

    def layout(self) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Returns the arrays that two paired levels share: everything but the coin."""
        return self.cells.words, self.start, self.end
