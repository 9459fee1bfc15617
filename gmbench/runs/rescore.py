"""Scoring a stored run, suite or sweep again, from its stored episodes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gmbench.errors import UsageError
from gmbench.runs.scores.suite import score_suite
from gmbench.runs.settings import Settings
from gmbench.runs.storage import manifests, results
from gmbench.runs.storage.files import file_digest, write_json, write_sealed
from gmbench.runs.storage.links import check_links
from gmbench.runs.storage.results import Result
from gmbench.runs.stored import load_run, suite_settings, sweep_settings
from gmbench.runs.suite import SuiteResult
from gmbench.runs.sweep import SweepResult, conclude_sweep


def rescore(directory: Path) -> Result | SuiteResult | SweepResult:
    """Scores a stored run, suite or sweep again, rewrites its scores, and returns it.

    It needs no ``scores.json``, and imports no algorithm.

    Raises:
        UsageError: it is not complete or damaged, or was evaluated on other packs than this version has.
    """
    if directory.is_dir():
        check_links(directory)
    if manifests.is_sweep(directory):
        return _rescore_sweep(directory)
    return _rescore_suite(directory) if manifests.is_suite(directory) else _rescore_run(directory)


def _rescore_run(directory: Path, expected: Settings | None = None) -> Result:
    """Scores a run, and rewrites its ``scores.json``."""
    result = load_run(directory, expected)[1]
    with _figures_follow(directory / results.SCORES):
        write_json(directory / results.SCORES, result.scores)
    return result


def _rescore_suite(directory: Path) -> SuiteResult:
    """Scores each task of a suite, and rewrites its ``suite.json``."""
    stored = manifests.read_suite(directory)
    if stored["status"] != manifests.COMPLETE:
        raise UsageError(f"the suite in {directory} is not complete; repeat its command to resume it")
    suite, settings = suite_settings(directory)
    runs = {task: _rescore_run(directory / task, own) for task, own in settings.items()}
    scores = score_suite(suite, {task: run.scores for task, run in runs.items()})
    with _figures_follow(directory / manifests.SUITE):
        write_sealed(directory / manifests.SUITE, {**stored, **scores})
    return SuiteResult(results=runs, scores=scores, out=directory)


def _rescore_sweep(directory: Path) -> SweepResult:
    """Scores each condition of a sweep, and rewrites its ``sweep.json`` and ``sweep.parquet``."""
    if manifests.read_sweep(directory)["status"] != manifests.COMPLETE:
        raise UsageError(
            f"the sweep in {directory} is not complete; resume it with gmbench run --resume {directory}"
        )
    task, settings = sweep_settings(directory)
    done = {name: load_run(directory / name, own)[1] for name, own in settings.items()}
    with _figures_follow(directory / manifests.SWEEP):
        return conclude_sweep(task, done, directory)


@contextmanager
def _figures_follow(scores: Path) -> Iterator[None]:
    """Removes the figures beside a file of scores if a ``with`` block changes it: they show other scores."""
    before = file_digest(scores) if scores.is_file() else None
    yield
    if before is not None and before != file_digest(scores):
        shutil.rmtree(scores.parent / results.FIGURES, ignore_errors=True)
