"""Scoring a stored run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gmbench import results
from gmbench.benchmarks.packs import load_references
from gmbench.benchmarks.tasks import load_task
from gmbench.errors import UsageError
from gmbench.scores import score


def rescore(directory: Path) -> dict[str, Any]:
    """Scores a run from its stored episodes, writes its ``scores.json`` anew and returns its content.

    Raises:
        UsageError: there is no finished run, or it was evaluated on other packs than this version's.
    """
    stored = results.read_run(directory)
    task = load_task(stored.manifest["task"])
    if stored.manifest.get("files") != dict(task.files):
        raise UsageError(
            f"the run in {directory} was evaluated on other packs of {task.id} than this version of gmbench "
            f"has; score it with gmbench {stored.manifest['versions']['gmbench']}"
        )
    scores = score(stored.manifest, stored.episodes, stored.goals, load_references(task))
    results.write_json(directory / results.SCORES, scores)
    return scores
