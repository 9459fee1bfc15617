"""Hyperparameters of PPO."""

from __future__ import annotations

import dataclasses
from math import inf
from typing import ClassVar

from gmbench.agents.networks import ActorCritic, Network, RecurrentActorCritic
from gmbench.checks import check_real, check_several, check_whole

WHOLE = ("num_envs", "num_steps", "epochs", "minibatches")
"""The hyperparameters that are whole numbers."""
MOST = 10**6
"""The largest of them, and the most units of a layer."""


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
        hidden: units of each hidden layer, of one layer at least.

    Raises:
        UsageError: a number is none, or out of range.
        ValueError: the rows do not divide into minibatches.
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
        for name in WHOLE:
            object.__setattr__(self, name, check_whole(name, getattr(self, name), 1, MOST))
        for name in ("discount", "gae_lambda"):
            object.__setattr__(self, name, check_real(name, getattr(self, name), 0.0, 1.0))
        for name in ("learning_rate", "clip", "max_gradient_norm"):
            object.__setattr__(self, name, check_real(name, getattr(self, name), 0.0, above=True))
        for name in ("value_weight", "entropy_weight"):
            object.__setattr__(self, name, check_real(name, getattr(self, name), 0.0))
        object.__setattr__(self, "reward_scale", check_real("reward_scale", self.reward_scale, -inf))
        hidden = tuple(
            check_whole("hidden", units, 1, MOST) for units in check_several("hidden", self.hidden)
        )
        check_whole("the number of hidden layers", len(hidden), 1)
        object.__setattr__(self, "hidden", hidden)
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
        object.__setattr__(self, "memory", check_whole("memory", self.memory, 1, MOST))

    def network(self, actions: int) -> Network:
        """Returns the network, without weights, for this number of actions."""
        return RecurrentActorCritic(actions, self.hidden, self.memory)
