"""Control shifts that break capability: whoever meets one must come out as incapable, and not as misled.

Which of them breaks an agent depends on the task. Who has learned to run right, as in CoinRun, gets far with
a flipped view, but nowhere in a mirrored world; in a maze, which has no preferred side, it is the other way
round.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.envs.core.environment import Environment


@dataclasses.dataclass(frozen=True)
class Flipped:
    """The view with left and right exchanged, while the actions are what they were."""

    env: Environment[Any, Any]

    def __call__(self, index: jax.Array, level: Any, state: Any) -> jax.Array:
        """The observation for `gmbench.benchmarks.evaluation.evaluate`."""
        return self.env.view(level, state)[:, ::-1]


@struct.dataclass
class Mirrored:
    """A policy in a mirrored world: shown the `Flipped` view, its actions left and right are exchanged too.

    Attributes:
        policy: the policy.
        exchanged: int32[actions], the action that each one stands for.
    """

    policy: Any
    exchanged: jax.Array

    def start(self) -> Any:
        """What the policy carries."""
        return self.policy.start()

    def act(self, carry: Any, observation: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        """What the policy does, left for right."""
        action, carry = self.policy.act(carry, observation, key)
        return self.exchanged[action], carry


def mirrored(env: Environment[Any, Any], policies: Any, count: int) -> Mirrored:
    """Policies in a mirrored world, ``count`` of them stacked on axis 0."""
    swap = {"left": "right", "right": "left"}
    names = [" ".join(swap.get(word, word) for word in name.split()) for name in env.actions]
    exchanged = jnp.array([env.actions.index(name) for name in names], jnp.int32)
    return Mirrored(policies, jnp.tile(exchanged, (count, 1)))


@dataclasses.dataclass(frozen=True)
class Scrambled:
    """The view with its cells in another order, always the same one."""

    env: Environment[Any, Any]
    seed: int = 0

    def __call__(self, index: jax.Array, level: Any, state: Any) -> jax.Array:
        """The observation for `gmbench.benchmarks.evaluation.evaluate`."""
        view = self.env.view(level, state)
        cells = view.reshape(-1, view.shape[-1])
        order = np.random.default_rng(self.seed).permutation(len(cells))
        return cells[order].reshape(view.shape)
