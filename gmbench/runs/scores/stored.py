"""Scoring a stored run from its episodes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gmbench.benchmarks.packs import load_references
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.runs.scores.run import score
from gmbench.runs.storage.provenance import check_packs
from gmbench.runs.storage.reading import read_run
from gmbench.runs.storage.results import Result


def load_scored(directory: Path) -> tuple[Task, Result]:
    """Reads a complete run and scores it from its stored episodes: its task and its result.

    Raises:
        UsageError: there is no complete run, or it was evaluated on other packs than those of this version.
    """
    stored = read_run(directory, scored=False)
    task = load_task(stored.manifest["task"])
    check_packs(task, stored.manifest, directory)
    scores = score(stored.manifest, stored.episodes, stored.goals, load_references(task), task.floor)
    return task, dataclasses.replace(stored, scores=scores)
