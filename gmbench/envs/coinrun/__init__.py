"""CoinRun: run right past dangers and take the coin, which in training always lies at the end."""

from gmbench.envs.coinrun.environment import COIN, END, CoinRun
from gmbench.envs.coinrun.generator import CoinRunLevels
from gmbench.envs.coinrun.level import CoinRunLevel
from gmbench.envs.coinrun.physics import CoinRunState

__all__ = ["COIN", "END", "CoinRun", "CoinRunLevel", "CoinRunLevels", "CoinRunState"]
