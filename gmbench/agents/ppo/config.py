"""Hyperparameters of PPO."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from gmbench.agents.networks import ActorCritic, Network, RecurrentActorCritic


@dataclasses.dataclass(frozen=True)
class PPOConfig:
    """Hyperparameters of PPO (Schulman et al. 2017), the same for every seed of a run.

    Attributes:
        num_envs: number of parallel environments.
        num_steps: steps of a rollout in each environment, at most the environment's time limit.
        epochs: passes over a rollout per update.
        minibatches: minibatches per epoch, with one gradient step each.
        learning_rate: learning rate of Adam at the start. It falls linearly to zero over the run.
        discount: discount gamma per step.
        gae_lambda: lambda of the generalized advantage estimates.
        clip: epsilon of the clipped objective: the probability ratio counts from 1 - clip to 1 + clip.
        value_weight: weight of the value loss.
        entropy_weight: weight of the entropy bonus.
        max_gradient_norm: gradients with a larger global norm are scaled down to it.
        reward_scale: factor of the rewards that the learner learns from.
        hidden: units of each hidden layer.
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
    """Whether the network is recurrent."""

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
        """The number of rows that minibatches are drawn from.

        A row is one step or, if the network is recurrent, all steps of a rollout in one environment.
        """
        return self.num_envs if self.recurrent else self.num_envs * self.num_steps

    def network(self, actions: int) -> Network:
        """Returns the network, without weights, for this number of actions."""
        return ActorCritic(actions, self.hidden)


@dataclasses.dataclass(frozen=True)
class RecurrentPPOConfig(PPOConfig):
    """Hyperparameters of PPO with a recurrent network.

    Gradients flow back through time to the start of the episode or of the rollout, whichever is later.

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
        """Returns the network, without weights, for this number of actions."""
        return RecurrentActorCritic(actions, self.hidden, self.memory)
