"""Reading a stored run, and scoring it again, or all runs of a suite."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from gmbench.runs.storage import results
from gmbench.benchmarks.packs import load_references
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.runs.storage.provenance import check_packs
from gmbench.errors import UsageError
from gmbench.runs.storage.results import Result
from gmbench.runs.scores.run import score
from gmbench.runs.scores.suite import score_suite


def load_scored(directory: Path) -> tuple[Task, Result]:
    """The task and the content of a run, scored from its stored episodes.

    Raises:
        UsageError: there is no finished run, or it was evaluated on other packs than this version's.
    """
    stored = results.read_run(directory)
    task = load_task(stored.manifest["task"])
    check_packs(task, stored.manifest, directory)
    scores = score(stored.manifest, stored.episodes, stored.goals, load_references(task))
    return task, dataclasses.replace(stored, scores=scores)


def rescore(directory: Path) -> dict[str, Any]:
    """Scores a run from its stored episodes, writes its ``scores.json`` anew and returns its content.

    Raises:
        UsageError: see `load_scored`.
    """
    scores = dict(load_scored(directory)[1].scores)
    results.write_json(directory / results.SCORES, scores)
    return scores


def rescore_suite(directory: Path) -> dict[str, Any]:
    """Scores the run of a suite from its stored episodes: each task as `rescore` does, then all together.

    Writes its ``suite.json`` anew and returns the figures in it.

    Raises:
        UsageError: it was not finished, or see `load_scored`.
    """
    stored = results.read_suite(directory)
    if stored.get("status") != results.COMPLETE:
        raise UsageError(f"the suite in {directory} was not finished; repeat its command to go on")
    scores = score_suite(stored["suite"], {task: rescore(directory / task) for task in stored["settings"]})
    results.write_json(directory / results.SUITE, {**stored, **scores})
    return scores
