"""Proximal policy optimization, the reference learner."""

from gmbench.agents.ppo.config import PPOConfig
from gmbench.agents.ppo.learner import PPO, PPOLearner, PPOPolicy

__all__ = ["PPO", "PPOConfig", "PPOLearner", "PPOPolicy"]
