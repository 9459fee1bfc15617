"""Views that break an agent's capability: whoever is shown one must come out as incapable, not as misled."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np

from gmbench.envs.environment import Environment


@dataclasses.dataclass(frozen=True)
class Flipped:
    """The view with left and right exchanged (after the control of Shah et al. 2022)."""

    env: Environment[Any, Any]

    def __call__(self, index: jax.Array, level: Any, state: Any) -> jax.Array:
        """The observation for `gmbench.benchmarks.evaluation.evaluate`."""
        return self.env.view(level, state)[:, ::-1]


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
