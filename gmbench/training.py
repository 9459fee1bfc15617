"""Training: one algorithm, many seeds at once."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.algorithm import Algorithm
from gmbench.envs.environment import EnvParams

OnUpdate = Callable[[int, dict[str, np.ndarray]], None]
"""Called after every update with the number of updates done and the metrics, float32[seeds] each."""

Update = Callable[[Any, EnvParams], tuple[Any, dict[str, jax.Array]]]
"""One update of all seeds: (learners, params) -> (learners, metrics)."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        learners: one per seed, stacked on axis 0.
        metrics: float32[updates, seeds] for every metric of the algorithm.
        seconds: spent on the updates, until their results were there; building the programs comes before.
    """

    learners: Any
    metrics: dict[str, np.ndarray]
    seconds: float


def seed_keys(seeds: Sequence[int], purpose: int) -> jax.Array:
    """One key per seed, the same whatever other seeds there are; different purposes share no numbers."""
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    return jax.vmap(jax.random.fold_in, (0, None))(keys, purpose)


def begin(algorithm: Algorithm[Any], params: EnvParams, seeds: Sequence[int]) -> tuple[Any, Update]:
    """The learners of all seeds as they start, stacked on axis 0, and their update, compiled.

    The update takes the learners and the params, and the learners that it was given are used up.
    """
    keys = seed_keys(seeds, purpose=0)
    learners = jax.jit(jax.vmap(algorithm.init, (0, None)))(keys, params)
    update = jax.jit(jax.vmap(algorithm.update, (0, None)), donate_argnums=0)
    compiled: Update = update.lower(learners, params).compile()
    return jax.block_until_ready(learners), compiled


def train(
    algorithm: Algorithm[Any],
    params: EnvParams,
    seeds: Sequence[int],
    updates: int,
    on_update: OnUpdate | None = None,
) -> Trained:
    """Trains every seed for a number of updates, all on the same pool of levels.

    Args:
        algorithm: the learner for one seed.
        params: the training levels.
        seeds: numbers that fix everything random about a learner.
        updates: of every seed.
        on_update: see `OnUpdate`.
    """
    learners, update = begin(algorithm, params, seeds)
    begun = time.perf_counter()
    history: list[dict[str, np.ndarray]] = []
    for done in range(1, updates + 1):
        learners, metrics = update(learners, params)
        history.append(jax.device_get(metrics))
        if on_update is not None:
            on_update(done, history[-1])
    seconds = time.perf_counter() - begun
    return Trained(
        learners=learners,
        metrics={name: np.stack([metrics[name] for metrics in history]) for name in history[0]},
        seconds=seconds,
    )
