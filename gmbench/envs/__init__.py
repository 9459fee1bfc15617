"""The environments: one module or folder for each; `core` has the parts that they share."""

from gmbench.envs.core.environment import Environment, EnvParams, EnvState, Goal
from gmbench.envs.core.levels import LevelGenerator, Mixture, generate, take
from gmbench.envs.core.text import LevelError

__all__ = [
    "EnvParams",
    "EnvState",
    "Environment",
    "Goal",
    "LevelError",
    "LevelGenerator",
    "Mixture",
    "generate",
    "take",
]
