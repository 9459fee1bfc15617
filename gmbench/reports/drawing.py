"""Drawing the figures of complete results. A result is complete without them, and they can be drawn again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from gmbench.benchmarks.registry import load_task
from gmbench.errors import UsageError
from gmbench.reports.figures import save_figures, save_suite_figures, save_sweep_figures
from gmbench.reports.pictures.agent_episode import save_showcase
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.storage.atomic import replace_directory
from gmbench.runs.storage.results import FIGURES, Result
from gmbench.runs.suite import SuiteResult
from gmbench.runs.sweep import SweepResult
from gmbench.runs.trained_policies import load_policies


def draw(result: Result | SuiteResult | SweepResult, callbacks: Callbacks) -> None:
    """Draws the figures of a result into the directory ``figures`` beside it.

    It draws nothing for a result that is not stored, or that has no scores, as a part of a run.

    Args:
        result: the result of a run, a suite or a sweep.
        callbacks: receives the stage.

    Raises:
        UsageError: the figures cannot be written.
    """
    if result.out is None or not result.scores:
        return
    callbacks.stage("drawing figures")
    if isinstance(result, Result):
        _replace(result.out, lambda folder: _fill(result, folder))
    elif isinstance(result, SuiteResult):
        _replace(result.out, lambda folder: save_suite_figures(result.scores, folder))
    else:
        _replace(result.out, lambda folder: save_sweep_figures(result.scores, folder))


def drawing_each_result(callbacks: Callbacks) -> Callbacks:
    """The same callbacks, but the figures of each task of a suite are drawn as soon as it is complete.

    The result of a task that was complete before is drawn only if its figures are missing.
    """

    def draw_then_report(result: Result) -> None:
        if result.out is not None and not (result.out / FIGURES).is_dir():
            draw(result, callbacks)
        callbacks.result(result)

    return dataclasses.replace(callbacks, result=draw_then_report)


def _fill(result: Result, folder: Path) -> None:
    """Draws the figures of a run, and one of its agents."""
    task = load_task(result.manifest["task"])
    policies = load_policies(task, result) if result.policies is None else result.policies
    save_figures(result, folder)
    if result.scores["per_seed"]:  # Not all seeds diverged.
        save_showcase(task, result, policies, folder)


def _replace(out: Path, fill: Callable[[Path], object]) -> None:
    try:
        replace_directory(out / FIGURES, fill)
    except OSError as error:
        raise UsageError(
            f"the results in {out} are complete, but their figures cannot be written ({error})"
        ) from error
