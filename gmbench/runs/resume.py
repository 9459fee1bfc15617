"""Resuming whatever was interrupted: a run, a suite or a sweep."""

from __future__ import annotations

from pathlib import Path

from gmbench.runs.callbacks import Callbacks
from gmbench.runs.limits import check_settings
from gmbench.runs.run import resume_run
from gmbench.runs.storage import manifests
from gmbench.runs.storage.results import Result
from gmbench.runs.suite import SuiteResult, resume_suite
from gmbench.runs.sweep import SweepResult, resume_sweep


def resume(
    out: Path,
    memory: float | None = None,
    callbacks: Callbacks | None = None,
    algorithm: str | None = None,
) -> Result | SuiteResult | SweepResult:
    """Resumes an interrupted run, suite or sweep. The result is the same as without the interruption.

    Args:
        out: its directory.
        memory: GiB that training may use on each device; None for half of the free memory.
        callbacks: receives the progress.
        algorithm: the algorithm that the caller names, see `gmbench.runs.trust`.

    Raises:
        UsageError: there is nothing to resume, its provenance has changed, it is damaged, or its algorithm is
            not allowed.
        Interrupted: ``callbacks.stop`` returned True.
    """
    memory = check_settings({"memory": memory})["memory"]
    if manifests.is_sweep(out):
        return resume_sweep(out, memory, callbacks, algorithm)
    if manifests.is_suite(out):
        return resume_suite(out, memory, callbacks, algorithm)
    return resume_run(out, memory, callbacks, algorithm)
