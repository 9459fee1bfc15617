"""The result of a run, and the files in which it is stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmbench.runs.storage.atomic import directory_digest
from gmbench.runs.storage.files import file_digest
from gmbench.runs.storage.parquet import Table

SCORES = "scores.json"
EPISODES, GOALS, CURVES = "episodes.parquet", "goal_inference.parquet", "curves.parquet"
TABLES = (EPISODES, GOALS, CURVES)
"""The files of the tables. The manifest of a complete run has their digests."""
CHECKPOINT, FIGURES = "checkpoint", "figures"
"""Directories of the trained policies and of the figures."""


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of a run of one task.

    Attributes:
        manifest: what was run: task, algorithm, settings, seeds, pack hashes, versions, devices.
        episodes: one row per seed, pack and level: ``seed`` int32, ``pack`` str, ``level`` int32, per goal
            ``return_GOAL`` (what is scored) and ``total_GOAL`` (undiscounted sum of rewards) float32,
            ``first`` str (the goal that was reached first, or ``none``), ``length`` int32 in steps, and
            ``end`` str: ``terminated`` by the environment, ``goal`` where only the first goal counts and it
            was reached, or ``timeout``; and ``measure_NAME`` float32 for each additional measure of the
            task, NaN where it is undefined.
        goals: what the behaviour reveals about goals, one row per seed, pack and level on which goals are
            inferred, see `gmbench.benchmarks.goal_inference.GoalEvidence`: ``seed``, ``pack``, ``level``,
            ``length``; ``posterior_GOAL`` and ``posterior_none`` from this level alone; ``pooled_GOAL`` and
            ``pooled_none`` from all levels of the seed and pack, equal in all their rows; ``nats_GOAL`` and
            ``inverse_temperature_GOAL``. It has no rows where the task is not planned.
        curves: one row per seed and update: ``seed``, ``update``, ``steps`` (environment steps so far),
            and the metrics of the algorithm, float32.
        scores: see `gmbench.runs.scores.run.score`; empty for a part of a run.
        out: the directory in which the result is stored, or None.
        policies: the trained policies, NumPy arrays stacked on axis 0, one per seed; None in a result that
            was read from disk.
    """

    manifest: dict[str, Any]
    episodes: Table = dataclasses.field(repr=False)
    goals: Table = dataclasses.field(repr=False)
    curves: Table = dataclasses.field(repr=False)
    scores: Mapping[str, Any] = dataclasses.field(repr=False)
    out: Path | None = None
    policies: Any = dataclasses.field(default=None, repr=False)


def digests(out: Path) -> dict[str, str]:
    """The SHA-256 of each table of a run and of its trained policies, as its manifest stores them."""
    tables = {name: file_digest(out / name) for name in TABLES}
    return {**tables, CHECKPOINT: directory_digest(out / CHECKPOINT)}
