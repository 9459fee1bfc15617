"""Going on with whatever was interrupted: a run, a suite or a sweep."""

from __future__ import annotations

from pathlib import Path

from gmbench.runs.storage import results
from gmbench.runs import run as runner, suite as suite_runner, sweep as sweeping
from gmbench.runs.storage.results import Result
from gmbench.runs.suite import SuiteResult, Told
from gmbench.runs.sweep import SweepResult
from gmbench.runs.callbacks import Watch


def resume(
    out: Path | str, *, memory: float | None = None, watch: Watch | None = None, told: Told | None = None
) -> Result | SuiteResult | SweepResult:
    """Goes on with an interrupted run of a task or of a suite, or with a sweep.

    It ends with the same numbers as if it had not been interrupted.

    Args:
        out: its directory.
        memory: GiB that may be used on each device; without it, half of what is free.
        watch: who is told how each run goes on, and may stop it.
        told: who is told of the tasks of a suite.

    Raises:
        UsageError: there is none, it is complete, was begun in other circumstances, or is damaged.
        Interrupted: ``watch`` said to stop.
    """
    folder = Path(out)
    if results.is_sweep(folder):
        return sweeping.resume_sweep(folder, memory=memory, watch=watch)
    if results.is_suite(folder):
        return suite_runner.resume_suite(folder, memory=memory, watch=watch, told=told)
    return runner.resume(folder, memory=memory, watch=watch)
