"""Environments: levels as data, goals as functions, dynamics over a small shared grid kernel."""

from gmbench.envs.environment import Environment, EnvParams, EnvState, Goal
from gmbench.envs.levels import LevelGenerator, Mixture, generate, take
from gmbench.envs.text import LevelError

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
