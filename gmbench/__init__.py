"""gmbench: goal misgeneralization in reinforcement learning, benchmarked in pure JAX.

    env, params = gmbench.make("coinrun-v1")      # a gymnax environment on training levels
    result = gmbench.run("coinrun-v1", out="runs/coinrun")
    suite = gmbench.run_suite("core-v1", out="runs/core")
    sweep = gmbench.run_sweep("coinrun-v1", alpha=(0.0, 0.01, 0.1, 1.0), out="runs/sweep")

The functions import what they need when they are called, so that ``import gmbench`` is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmbench.runs.jax_settings import computing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Unpack

    from gmbench.envs.core.environment import Environment, EnvParams
    from gmbench.runs.callbacks import Callbacks
    from gmbench.runs.settings import RunKeywords, SweepKeywords
    from gmbench.runs.storage.results import Result
    from gmbench.runs.suite import SuiteResult
    from gmbench.runs.sweep import SweepResult

__version__ = "0.1.0.dev0"
__all__ = [
    "Callbacks",
    "Result",
    "SuiteResult",
    "SweepResult",
    "make",
    "merge",
    "resume",
    "run",
    "run_suite",
    "run_sweep",
]


@computing
def make(
    task: str, *, levels: int = 1024, alpha: float = 0.0, seed: int = 0
) -> tuple[Environment[Any, Any], EnvParams]:
    """Makes the environment of a task, and parameters with a pool of its training levels.

    No level has a layout that is reserved for the packs on which agents are evaluated. Levels are drawn
    independently of each other, so that some may be equal where a task has few.

    Args:
        task: id of a task, such as ``coinrun-v1``.
        levels: number of levels that are drawn, at most ten million.
        alpha: fraction of levels from the shifted distribution, from 0 to 1.
        seed: seed of the pool, from 0 to 2**32 - 1.

    Raises:
        UsageError: there is no such task, or a number is out of range.
    """
    from gmbench.benchmarks.registry import load_task
    from gmbench.benchmarks.training_levels import training_levels

    loaded = load_task(task)
    return loaded.env, loaded.env.params(training_levels(loaded, levels, alpha, seed))


@computing
def run(
    task: str,
    *,
    out: Path | str | None = None,
    callbacks: Callbacks | None = None,
    **options: Unpack[RunKeywords],
) -> Result:
    """Trains, evaluates and scores an algorithm on a task, and draws the figures.

    Args:
        task: id of a task, such as ``coinrun-v1``.
        out: a new or empty directory for the results; None to store and draw nothing.
        callbacks: receives the progress, and can stop the run.
        options: see `gmbench.runs.settings.RunOptions`.

    Raises:
        UsageError: a name is unknown, a number is out of range, or ``out`` is in use or cannot be written.
        Interrupted: ``callbacks.stop`` returned True.
    """
    from gmbench.reports.drawing import draw
    from gmbench.runs.run import run_task
    from gmbench.runs.settings import RunOptions

    callbacks = _check_callbacks(callbacks)
    result = run_task(task, RunOptions(**options), _path(out), callbacks)
    draw(result, callbacks)
    return result


@computing
def run_suite(
    suite: str,
    *,
    out: Path | str | None = None,
    callbacks: Callbacks | None = None,
    **options: Unpack[RunKeywords],
) -> SuiteResult:
    """Runs an algorithm on every task of a suite, scores all together, and draws the figures.

    An interrupted suite resumes when this is called again with the same options.

    Args:
        suite: id of a suite, such as ``core-v1``.
        out: a new or empty directory for the results, or that of the same suite with the same options; None
            to store and draw nothing.
        callbacks: receives the progress and the result of each task, and can stop the run.
        options: see `gmbench.runs.settings.RunOptions`; they hold for every task.

    Raises:
        UsageError: a name is unknown, a number is out of range, or ``out`` is used by something else.
        Interrupted: ``callbacks.stop`` returned True.
    """
    from gmbench.reports.drawing import draw, drawing_each_result
    from gmbench.runs import suite as suites
    from gmbench.runs.settings import RunOptions

    callbacks = _check_callbacks(callbacks)
    chosen = RunOptions(**options)
    drawing = drawing_each_result(callbacks, chosen.algorithm)
    result = suites.run_suite(suite, chosen, _path(out), drawing)
    draw(result, callbacks)
    return result


@computing
def run_sweep(
    task: str,
    *,
    out: Path | str,
    alpha: Sequence[float] = (0.0,),
    levels: Sequence[int] = (),
    callbacks: Callbacks | None = None,
    **options: Unpack[SweepKeywords],
) -> SweepResult:
    """Runs a task under every combination of training conditions, with the same seeds, and draws the figures.

    Args:
        task: id of a task, such as ``coinrun-v1``.
        out: a new or empty directory for the results.
        alpha: fractions of training levels from the shifted distribution.
        levels: numbers of training levels that are drawn; if empty, that of the budget.
        callbacks: receives the progress, and can stop the sweep.
        options: see `gmbench.runs.settings.RunOptions`; they hold for every condition.

    Raises:
        UsageError: a name is unknown, a number is out of range or given twice, or ``out`` is in use.
        Interrupted: ``callbacks.stop`` returned True.
    """
    from gmbench.reports.drawing import draw
    from gmbench.runs import sweep as sweeps
    from gmbench.runs.settings import RunOptions

    callbacks = _check_callbacks(callbacks)
    folder = _needed_path(out)
    result = sweeps.run_sweep(task, RunOptions(**options), folder, alpha, levels, callbacks)
    draw(result, callbacks)
    return result


@computing
def resume(
    out: Path | str,
    *,
    algorithm: str | None = None,
    memory: float | None = None,
    callbacks: Callbacks | None = None,
) -> Result | SuiteResult | SweepResult:
    """Resumes an interrupted run, suite or sweep, and draws the figures.

    The result is the same as without the interruption.

    Args:
        out: its directory.
        algorithm: the algorithm that it was started with. It may be left out for the algorithms of gmbench;
            the code of any other is run only if it is named here.
        memory: GiB that training may use on each device; None for half of the free memory.
        callbacks: receives the progress, and can stop it.

    Raises:
        UsageError: there is nothing to resume, its provenance has changed, it is damaged, or its algorithm is
            not the one that is named.
        Interrupted: ``callbacks.stop`` returned True.
    """
    from gmbench.reports.drawing import draw, drawing_each_result
    from gmbench.runs import resume as resuming

    callbacks = _check_callbacks(callbacks)
    drawing = drawing_each_result(callbacks, algorithm)
    result = resuming.resume(_needed_path(out), memory, drawing, algorithm)
    draw(result, callbacks)
    return result


@computing
def merge(
    parts: Sequence[Path | str],
    out: Path | str,
    *,
    algorithm: str | None = None,
    callbacks: Callbacks | None = None,
) -> Result | SweepResult:
    """Merges the parts of a run or of a sweep, scores the whole, and draws the figures.

    Args:
        parts: the directories of all parts, in any order.
        out: a new or empty directory for the whole.
        algorithm: the algorithm of the parts. It may be left out for the algorithms of gmbench; the code of
            any other is run only if it is named here.
        callbacks: receives the progress.

    Raises:
        UsageError: a part is missing, given twice, not complete, of another run, or of another algorithm than
            the one that is named; or ``out`` is in use.
    """
    from gmbench.checks import check_several
    from gmbench.reports.drawing import draw
    from gmbench.runs import merge as merging

    callbacks = _check_callbacks(callbacks)
    folders = [_needed_path(part) for part in check_several("parts", parts)]
    result = merging.merge(folders, _needed_path(out), callbacks, algorithm)
    draw(result, callbacks)
    return result


def _path(out: Path | str | None) -> Path | None:
    return None if out is None else _needed_path(out)


def _needed_path(out: Path | str) -> Path:
    """The path of a directory.

    Raises:
        UsageError: it is no path.
    """
    from os import PathLike
    from pathlib import Path

    from gmbench.errors import UsageError

    if not isinstance(out, str | PathLike) or not str(out):
        raise UsageError(f"a directory must be given as a path, not {out!r}")
    return Path(out)


def _check_callbacks(callbacks: Callbacks | None) -> Callbacks:
    """The callbacks of a run; those that do nothing if there are none.

    Raises:
        UsageError: they are something else.
    """
    from gmbench.errors import UsageError
    from gmbench.runs.callbacks import Callbacks

    if not isinstance(callbacks, Callbacks | None):
        raise UsageError(f"callbacks must be gmbench.Callbacks(...), not {callbacks!r}")
    return callbacks or Callbacks()


_CLASSES = {
    "Callbacks": "gmbench.runs.callbacks",
    "Result": "gmbench.runs.storage.results",
    "SuiteResult": "gmbench.runs.suite",
    "SweepResult": "gmbench.runs.sweep",
}
"""Classes of the interface, and the modules that are imported when they are first used."""

if not TYPE_CHECKING:  # Type checkers see the imports above, and report a name that does not exist.

    def __getattr__(name: str) -> Any:
        if name not in _CLASSES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        return getattr(importlib.import_module(_CLASSES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
