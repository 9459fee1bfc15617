"""PPO's settings."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class PPOConfig:
    """Settings of PPO (Schulman et al. 2017), the same for every seed of a run.

    Attributes:
        environments: episodes that run side by side.
        rollout: steps in each of them between updates, at most the time limit of the environment.
        epochs: passes over the collected steps.
        minibatches: parts of a pass, one gradient step each.
        learning_rate: of Adam, at the start; it falls linearly to zero over the run.
        discount: gamma.
        decay: lambda of the advantage estimates.
        clip: how far the probability ratio counts.
        value_weight: of the value loss.
        entropy_weight: of the entropy bonus.
        max_gradient_norm: gradients are scaled down to this norm.
        reward_scale: rewards are multiplied by this before they are learned from.
        hidden: units of the hidden layers.
    """

    environments: int = 32
    rollout: int = 64
    epochs: int = 3
    minibatches: int = 4
    learning_rate: float = 2e-3
    discount: float = 0.99
    decay: float = 0.95
    clip: float = 0.2
    value_weight: float = 0.5
    entropy_weight: float = 0.01
    max_gradient_norm: float = 0.5
    reward_scale: float = 0.1
    hidden: tuple[int, ...] = (48, 64)

    def __post_init__(self) -> None:
        for name in ("environments", "rollout", "epochs", "minibatches"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.environments * self.rollout % self.minibatches:
            raise ValueError(
                f"{self.environments} environments x {self.rollout} steps do not divide "
                f"into {self.minibatches} minibatches"
            )
