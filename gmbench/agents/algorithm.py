"""What a learner and a policy are: pure functions for one seed. The runner adds every batch axis."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import jax

from gmbench.envs.core.environment import EnvParams

LearnerT = TypeVar("LearnerT")


class Policy(Protocol):
    """Acts from observations. Implementations are pytrees, so that many can be evaluated at once."""

    def start(self) -> Any:
        """What the policy carries from step to step, as it is at the start of an episode; () for nothing."""
        ...

    def act(self, carry: Any, observation: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        """One action (int32 scalar) for one observation, and what is carried on."""
        ...


class Algorithm(Protocol[LearnerT]):
    """A learner for one seed. Everything is pure, and may be jitted and vmapped over seeds.

    ``params`` holds the training levels. It is an argument and not part of the learner, so that all
    seeds can share one pool. If a learner has its settings in an attribute ``config``, the manifest of a run
    notes them, and a run does not go on with others.
    """

    @property
    def steps_per_update(self) -> int:
        """Environment steps that one update takes."""
        ...

    def init(self, key: jax.Array, params: EnvParams) -> LearnerT:
        """A new learner."""
        ...

    def update(self, learner: LearnerT, params: EnvParams) -> tuple[LearnerT, dict[str, jax.Array]]:
        """One update, and its metrics: float32 scalars, reduced over everything that the update saw."""
        ...

    def policy(self, learner: LearnerT) -> Policy:
        """What the learner would do now."""
        ...
