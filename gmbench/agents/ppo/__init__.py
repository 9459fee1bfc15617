"""Proximal policy optimization (PPO), the benchmark's own algorithm."""

from gmbench.agents.ppo.config import PPOConfig, RecurrentPPOConfig
from gmbench.agents.ppo.learner import PPO, PPOLearner, PPOPolicy, recurrent

__all__ = ["PPO", "PPOConfig", "PPOLearner", "PPOPolicy", "RecurrentPPOConfig", "recurrent"]
