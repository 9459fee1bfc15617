"""PPO's settings."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from gmbench.agents.networks import ActorCritic, Network, RecurrentActorCritic


@dataclasses.dataclass(frozen=True)
class PPOConfig:
    """Settings of PPO (Schulman et al. 2017), the same for every seed of a run.

    Attributes:
        num_envs: episodes that run side by side.
        num_steps: steps in each of them between updates, at most the time limit of the environment.
        epochs: passes over the collected steps.
        minibatches: parts of a pass, one gradient step each.
        learning_rate: of Adam, at the start; it falls linearly to zero over the run.
        discount: gamma.
        gae_lambda: lambda of the advantage estimates.
        clip: how far the probability ratio counts.
        value_weight: of the value loss.
        entropy_weight: of the entropy bonus.
        max_gradient_norm: gradients are scaled down to this norm.
        reward_scale: rewards are multiplied by this before they are learned from.
        hidden: units of the hidden layers.
    """

    num_envs: int = 32
    num_steps: int = 64
    epochs: int = 3
    minibatches: int = 4
    learning_rate: float = 2e-3
    discount: float = 0.99
    gae_lambda: float = 0.95
    clip: float = 0.2
    value_weight: float = 0.5
    entropy_weight: float = 0.01
    max_gradient_norm: float = 0.5
    reward_scale: float = 0.1
    hidden: tuple[int, ...] = (48, 64)

    recurrent: ClassVar[bool] = False
    """Whether the network carries anything from step to step."""

    def __post_init__(self) -> None:
        for name in ("num_envs", "num_steps", "epochs", "minibatches"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.rows % self.minibatches:
            steps = "" if self.recurrent else f" x {self.num_steps} steps"
            raise ValueError(
                f"{self.num_envs} environments{steps} do not divide into {self.minibatches} minibatches"
            )

    @property
    def rows(self) -> int:
        """What minibatches are made of: steps or, of a recurrent network, all steps of an environment."""
        return self.num_envs if self.recurrent else self.num_envs * self.num_steps

    def network(self, actions: int) -> Network:
        """The network, without weights."""
        return ActorCritic(actions, self.hidden)


@dataclasses.dataclass(frozen=True)
class RecurrentPPOConfig(PPOConfig):
    """Settings of PPO with a recurrent network.

    Gradients go back through time to the start of an episode, or of the rollout if that is later.

    Attributes:
        memory: units of the recurrent cell.
    """

    memory: int = 64

    recurrent: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.memory < 1:
            raise ValueError(f"memory must be at least 1, not {self.memory}")

    def network(self, actions: int) -> Network:
        """The network, without weights."""
        return RecurrentActorCritic(actions, self.hidden, self.memory)
