"""Environments: levels as data, goals as functions, dynamics over a small shared grid kernel."""

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
