"""The interfaces of algorithms and policies: pure functions for one seed. The callers add all batch axes."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import jax

from gmbench.envs.core.environment import EnvParams

LearnerT = TypeVar("LearnerT")


class Policy(Protocol):
    """Chooses actions from observations. Policies are pytrees, so that many can be evaluated in one batch."""

    def start(self) -> Any:
        """Returns the carry at the start of an episode: the memory of the policy, or () if it has none."""
        ...

    def act(self, carry: Any, observation: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        """Chooses an action for one observation. Returns the action, an int32 scalar, and the next carry."""
        ...


class Algorithm(Protocol[LearnerT]):
    """A learning algorithm for one seed. All methods are pure, and can be jitted and vmapped over seeds.

    ``params`` holds the training levels. It is an argument and not part of the learner, so that all seeds can
    share one pool. If an algorithm has its hyperparameters in an attribute ``config``, the manifest of a run
    records them, and the run can be resumed only with the same.
    """

    @property
    def steps_per_update(self) -> int:
        """The number of environment steps of one update."""
        ...

    def init(self, key: jax.Array, params: EnvParams) -> LearnerT:
        """Makes a new learner: everything that changes during training."""
        ...

    def update(self, learner: LearnerT, params: EnvParams) -> tuple[LearnerT, dict[str, jax.Array]]:
        """Does one update. Returns the learner and its metrics: float32 scalars, reduced over the update."""
        ...

    def policy(self, learner: LearnerT) -> Policy:
        """Returns the current policy of the learner."""
        ...
