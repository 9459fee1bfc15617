"""Pools of generated CoinRun levels as NumPy arrays."""

import dataclasses

import jax
import numpy as np

from gmbench.envs.coinrun.level import HEIGHT, WALL, WIDTH
from gmbench.envs.core import grid

PLACEMENTS = ["end", "section", "column"]
SHIFTED = ["section", "column"]


@dataclasses.dataclass(frozen=True)
class Levels:
    """A pool as NumPy arrays: cells as bool[levels, height, width, channels], places as int[levels, 2]."""

    cells: np.ndarray
    start: np.ndarray
    end: np.ndarray
    coin: np.ndarray

    def at(self, places):
        """All channels of one cell of each level: bool[levels, channels]."""
        columns, rows = places.T
        return self.cells[np.arange(len(places)), rows, columns]

    def ground(self):
        """The height of the ground, in cells: int[levels, columns]."""
        from_bottom = self.cells[:, ::-1, :, WALL]
        return np.cumprod(from_bottom, axis=1).sum(axis=1)


def unpacked(pool):
    cells = jax.vmap(lambda planes: grid.unpack(planes, HEIGHT, WIDTH))(pool.cells)
    return Levels(*(np.asarray(part) for part in (cells, pool.start, pool.end, pool.coin)))
