"""Scoring a stored run, suite or sweep again, from its stored episodes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmbench.errors import UsageError
from gmbench.runs.scores.stored import load_scored
from gmbench.runs.scores.suite import score_suite
from gmbench.runs.storage import manifests, results
from gmbench.runs.storage.files import write_json
from gmbench.runs.sweep import conclude_sweep


def rescore(directory: Path) -> Mapping[str, Any]:
    """Scores a stored run, suite or sweep again, rewrites its scores, and returns them.

    Raises:
        UsageError: it is not complete or damaged, or was evaluated on other packs than this version has.
    """
    if manifests.is_sweep(directory):
        return _rescore_sweep(directory)
    return _rescore_suite(directory) if manifests.is_suite(directory) else _rescore_run(directory)


def _rescore_run(directory: Path) -> dict[str, Any]:
    """Scores a run, and rewrites its ``scores.json``."""
    scores = dict(load_scored(directory)[1].scores)
    write_json(directory / results.SCORES, scores)
    return scores


def _rescore_suite(directory: Path) -> dict[str, Any]:
    """Scores each task of a suite, and rewrites its ``suite.json``."""
    stored = manifests.read_suite(directory)
    if stored.get("status") != manifests.COMPLETE:
        raise UsageError(f"the suite in {directory} is not complete; repeat its command to resume it")
    runs = {task: _rescore_run(directory / task) for task in stored["settings"]}
    scores = score_suite(stored["suite"], runs)
    write_json(directory / manifests.SUITE, {**stored, **scores})
    return scores


def _rescore_sweep(directory: Path) -> Mapping[str, Any]:
    """Scores each condition of a sweep, and rewrites its ``sweep.json`` and ``sweep.parquet``."""
    stored = manifests.read_sweep(directory)
    if stored.get("status") != manifests.COMPLETE:
        raise UsageError(
            f"the sweep in {directory} is not complete; resume it with gmbench run --resume {directory}"
        )
    done = {name: load_scored(directory / name)[1] for name in stored["settings"]}
    return conclude_sweep(stored["task"], done, directory).scores
