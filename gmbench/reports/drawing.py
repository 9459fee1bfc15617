"""Drawing the figures of complete results. A result is complete without them, and they can be drawn again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gmbench.benchmarks.registry import load_task
from gmbench.reports.figures import save_figures, save_suite_figures, save_sweep_figures
from gmbench.reports.figures.style import matplotlib_defaults
from gmbench.reports.pictures.agent_episode import save_showcase
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.storage.atomic import replace_directory
from gmbench.runs.storage.results import FIGURES, Result
from gmbench.runs.suite import SuiteResult
from gmbench.runs.sweep import SweepResult
from gmbench.runs.trained_policies import load_policies


def draw(
    result: Result | SuiteResult | SweepResult, callbacks: Callbacks, algorithm: str | None = None
) -> None:
    """Draws the figures of a result into the directory ``figures`` beside it.

    It draws nothing for a result that is not stored, or that has no scores, as a part of a run.

    Args:
        result: the result of a run, a suite or a sweep.
        callbacks: receives the stage, and why figures cannot be drawn.
        algorithm: the algorithm that the caller names, see `gmbench.runs.trust`. It matters for a result that
            was read from disk.

    If a figure cannot be drawn, none is stored: ``callbacks.warn`` is told why. The result is complete all
    the same, and figures that were drawn before stay.
    """
    if result.out is None or not result.scores:
        return
    callbacks.stage("drawing figures")
    try:
        with matplotlib_defaults():
            replace_directory(result.out / FIGURES, lambda folder: _fill(result, folder, algorithm))
    except Exception as error:  # Matplotlib, Pillow and jax raise whatever they like.
        reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        callbacks.warn(
            f"the results in {result.out} are complete, but their figures are missing ({reason}); "
            f"gmbench score {result.out} draws them"
        )


def draw_missing(
    result: Result | SuiteResult | SweepResult, callbacks: Callbacks, algorithm: str | None = None
) -> None:
    """Draws the figures of a result that has none, and of the results of its tasks.

    Args:
        result: the result of a run, a suite or a sweep.
        callbacks: receives the stage, and why figures cannot be drawn.
        algorithm: the algorithm that the caller names, see `draw`.
    """
    for task in result.results.values() if isinstance(result, SuiteResult) else ():
        draw_missing(task, callbacks, algorithm)
    if result.out is not None and not (result.out / FIGURES).is_dir():
        draw(result, callbacks, algorithm)


def drawing_each_result(callbacks: Callbacks, algorithm: str | None = None) -> Callbacks:
    """The same callbacks, but the figures of each task of a suite are drawn as soon as it is complete.

    The result of a task that was complete before is drawn only if its figures are missing.

    Args:
        callbacks: the callbacks.
        algorithm: the algorithm that the caller names, see `draw`.
    """

    def draw_then_report(result: Result) -> None:
        draw_missing(result, callbacks, algorithm)
        callbacks.result(result)

    return dataclasses.replace(callbacks, result=draw_then_report)


def _fill(result: Result | SuiteResult | SweepResult, folder: Path, algorithm: str | None) -> None:
    """Draws the figures of a result into a directory, and for a run, one of its agents."""
    if isinstance(result, SuiteResult):
        save_suite_figures(result.scores, folder)
        return
    if isinstance(result, SweepResult):
        save_sweep_figures(result.scores, folder)
        return
    task = load_task(result.manifest["task"])
    policies = load_policies(task, result, algorithm) if result.policies is None else result.policies
    save_figures(result, folder)
    if result.scores["per_seed"]:  # Not all seeds diverged.
        save_showcase(task, result, policies, folder)
