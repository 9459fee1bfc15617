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


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        learners: one per seed, stacked on axis 0.
        metrics: float32[updates, seeds] for every metric of the algorithm.
        compile_seconds: spent on building the programs.
        train_seconds: spent on running them, until their results were there.
    """

    learners: Any
    metrics: dict[str, np.ndarray]
    compile_seconds: float
    train_seconds: float


def seed_keys(seeds: Sequence[int], purpose: int) -> jax.Array:
    """One key per seed, the same whatever other seeds there are; different purposes share no numbers."""
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    return jax.vmap(jax.random.fold_in, (0, None))(keys, purpose)


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
    started = time.perf_counter()
    keys = seed_keys(seeds, purpose=0)
    init = jax.jit(jax.vmap(algorithm.init, (0, None))).lower(keys, params).compile()
    learners = init(keys, params)
    step = jax.jit(jax.vmap(algorithm.update, (0, None)), donate_argnums=0)
    update = step.lower(learners, params).compile()
    jax.block_until_ready(learners)
    compiled = time.perf_counter()
    history: list[dict[str, np.ndarray]] = []
    for done in range(1, updates + 1):
        learners, metrics = update(learners, params)
        history.append(jax.device_get(metrics))
        if on_update is not None:
            on_update(done, history[-1])
    finished = time.perf_counter()
    return Trained(
        learners=learners,
        metrics={name: np.stack([metrics[name] for metrics in history]) for name in history[0]},
        compile_seconds=compiled - started,
        train_seconds=finished - compiled,
    )
