"""Training: one algorithm, many seeds at once, with checkpoints."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from gmbench.runs.blocks import Block
from gmbench.runs.storage.training_checkpoints import TrainingCheckpoints, TrainingState
from gmbench.runs.training_programs import Programs

OnUpdate = Callable[[int, Mapping[str, np.ndarray]], None]
"""Called after every update with the number of updates done, and the metrics, float32[blocks, seeds] each."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """The result of training.

    Attributes:
        batches: the learners, see `gmbench.runs.training_programs.Cohort`.
        metrics: every metric of the algorithm, float32[updates, blocks, seeds].
        seconds: time spent on the updates until their results were there, without compiling.
    """

    batches: list[Any]
    metrics: dict[str, np.ndarray]
    seconds: float


def train(
    programs: Programs,
    blocks: Sequence[Block],
    updates: int,
    on_update: OnUpdate | None = None,
    checkpoints: TrainingCheckpoints | None = None,
) -> Trained:
    """Trains blocks of seeds together.

    Args:
        programs: the programs for blocks of this size.
        blocks: seeds and their training levels.
        updates: number of updates of every seed.
        on_update: see `OnUpdate`.
        checkpoints: saves the training, and loads what was saved before.

    Raises:
        Interrupted: the user wants to stop, and a checkpoint has been saved.
        UsageError: a checkpoint is damaged or cannot be written.
    """
    cohort = programs.start(blocks)
    at = TrainingState(0, cohort.batches, (), 0.0)
    if checkpoints is not None:
        at = checkpoints.load(at, cohort.metrics, updates)
        cohort.batches = at.batches
    history, seconds = list(at.metrics), at.seconds
    for done in range(at.done + 1, updates + 1):
        began = time.perf_counter()
        history.append(cohort.update())
        seconds += time.perf_counter() - began
        if on_update is not None:
            on_update(done, history[-1])
        if checkpoints is not None and (done == updates or checkpoints.due()):
            checkpoints.save(TrainingState(done, cohort.batches, history, seconds))
    return Trained(
        batches=jax.block_until_ready(cohort.batches),
        metrics={name: np.stack([metrics[name] for metrics in history]) for name in history[0]},
        seconds=seconds,
    )
