"""CoinRun: a platform game. In training the coin lies at the end of the level, under shift anywhere."""

from gmbench.envs.coinrun.environment import COIN, END, CoinRun
from gmbench.envs.coinrun.generator import CoinRunLevels
from gmbench.envs.coinrun.level import CoinRunLevel
from gmbench.envs.coinrun.physics import CoinRunState

__all__ = ["COIN", "END", "CoinRun", "CoinRunLevel", "CoinRunLevels", "CoinRunState"]
