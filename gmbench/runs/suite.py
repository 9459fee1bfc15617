"""Runs of suites: one task after the other, each kept in a directory of its own, and scored together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gmbench.runs.storage import results
from gmbench.runs import run as runner
from gmbench.benchmarks.suites import Suite, find_suite
from gmbench.benchmarks.tasks import load_task
from gmbench.errors import UsageError
from gmbench.runs.rescore import load_scored
from gmbench.runs.storage.results import Result
from gmbench.runs.settings import Settings, settle
from gmbench.runs.scores.suite import score_suite
from gmbench.runs.callbacks import Watch

OnTask = Callable[[str, int, int], None]
"""Called as a task begins with its id, its place from 1, and the number of tasks."""
OnScores = Callable[[Mapping[str, Any]], None]
"""Called with the scores of each task when it is done."""


@dataclasses.dataclass(frozen=True)
class Told:
    """Who is told of a suite's tasks.

    Attributes:
        task: see `OnTask`.
        scores: see `OnScores`.
    """

    task: OnTask = lambda task, place, count: None
    scores: OnScores = lambda scores: None


@dataclasses.dataclass(frozen=True)
class SuiteResult:
    """What the run of a suite found out.

    Attributes:
        results: of each task, by its id.
        scores: see `gmbench.runs.scores.suite.score_suite`.
        out: the directory that it is stored in, if any: ``suite.json``, ``figures/`` and one for each task.
    """

    results: Mapping[str, Result]
    scores: Mapping[str, Any]
    out: Path | None = None


def run_suite(
    suite: str,
    *,
    out: Path | str | None = None,
    algorithm: str | None = None,
    budget: str = "quick",
    seeds: int | None = None,
    steps: int | None = None,
    alpha: float = 0.0,
    levels: int | None = None,
    block: int | None = None,
    memory: float | None = None,
    watch: Watch | None = None,
    told: Told | None = None,
) -> SuiteResult:
    """Runs an algorithm on every task of a suite, and scores all together.

    Stopped in between, it goes on when it is called again with the same settings: a task that is complete in
    ``out`` is not run again, and one that was interrupted is taken up again.

    Args:
        suite: id, such as ``core-v1``.
        out: a new or empty directory for the results, or that of the same suite with the same settings;
            without it nothing is stored.
        algorithm: as in `gmbench.runs.run.run`, as are those that follow; they hold for each task.
        budget: fills in what neither is given nor fixed by the suite.
        seeds: how many training seeds.
        steps: environment steps for each seed.
        alpha: fraction of training levels from the shifted distribution.
        levels: how many different training levels.
        block: seeds that are computed together.
        memory: GiB that may be used on each device.
        watch: who is told how each run goes on, and may stop it.
        told: who is told of the tasks.

    Raises:
        UsageError: a name is unknown, a number out of range, or ``out`` is in use by something else.
        Interrupted: ``watch`` said to stop.
    """
    asked = {
        "algorithm": algorithm,
        "seeds": seeds,
        "steps": steps,
        "alpha": alpha,
        "levels": levels,
        "block": block,
    }
    settings = _settle(find_suite(suite), budget, asked)
    return _run(suite, settings, None if out is None else Path(out), memory, watch, told or Told())


def resume_suite(
    folder: Path, *, memory: float | None = None, watch: Watch | None = None, told: Told | None = None
) -> SuiteResult:
    """Goes on with the interrupted run of a suite, see `gmbench.runs.resume.resume`."""
    stored = results.read_suite(folder)
    if stored.get("status") != results.RUNNING:
        raise UsageError(f"the suite in {folder} is complete; gmbench score {folder} shows its scores")
    path = folder / results.SUITE
    settings = {task: Settings.stored(settled, path) for task, settled in stored["settings"].items()}
    return _run(stored["suite"], settings, folder, memory, watch, told or Told())


def _run(
    suite: str,
    settings: Mapping[str, Settings],
    folder: Path | None,
    memory: float | None,
    watch: Watch | None,
    told: Told,
) -> SuiteResult:
    """Runs what is not complete yet, and scores all together."""
    if folder is None:
        return _score(suite, _run_tasks(settings, None, [], memory, watch, told), None)
    finished = _claim(folder, suite, settings)
    with results.locked(folder):
        return _score(suite, _run_tasks(settings, folder, finished, memory, watch, told), folder)


def _run_tasks(
    settings: Mapping[str, Settings],
    folder: Path | None,
    finished: list[str],
    memory: float | None,
    watch: Watch | None,
    told: Told,
) -> dict[str, Result]:
    """The result of each task, of those that are finished as it is stored."""
    done: dict[str, Result] = {}
    for place, (task, settled) in enumerate(settings.items(), start=1):
        told.task(task, place, len(settings))
        out = None if folder is None else folder / task
        if out is not None and task in finished:
            done[task] = load_scored(out)[1]
        elif out is not None and results.is_interrupted(out):
            done[task] = runner.resume(out, memory=memory, watch=watch)
        else:
            done[task] = runner.run(**dataclasses.asdict(settled), out=out, memory=memory, watch=watch)
        told.scores(done[task].scores)
    return done


def _score(suite: str, done: Mapping[str, Result], folder: Path | None) -> SuiteResult:
    scores = score_suite(suite, {task: result.scores for task, result in done.items()})
    if folder is not None:
        _store(folder, scores)
    return SuiteResult(results=done, scores=scores, out=folder)


def _settle(suite: Suite, budget: str, asked: Mapping[str, Any]) -> dict[str, Settings]:
    """What is run on each task, of which none is begun unless all can be.

    Args:
        suite: may have numbers of its own.
        budget: of each task.
        asked: what was asked for beside it; None for what was not.
    """
    if suite.budget and budget != "quick":
        raise UsageError(f"{suite.id} has its own budget; give it seeds, steps or levels, not {budget!r}")
    own = {name: number for name, number in suite.budget.items() if asked[name] is None}
    settings = {}
    for task_id in suite.tasks:
        task = load_task(task_id)
        settings[task_id] = runner.prepared(task, settle(task, budget=budget, **{**asked, **own}))[0]
    return settings


def _claim(out: Path, suite: str, settings: Mapping[str, Settings]) -> list[str]:
    """Makes a directory for a suite, or finds out which tasks are finished in that of an earlier run.

    Raises:
        UsageError: it is in use by something else, or a task in it was not finished.
    """
    # As they are stored: JSON has lists where these have tuples.
    wanted = {task: results.plain(dataclasses.asdict(settled)) for task, settled in settings.items()}
    finished = []
    if results.is_suite(out):
        _check_same(out, results.read_suite(out), suite, wanted)
        finished = [task for task, settled in wanted.items() if _is_finished(out / task, settled)]
    else:
        results.claim(out)
    results.write_json(out / results.SUITE, {"status": results.RUNNING, "suite": suite, "settings": wanted})
    return finished


def _check_same(
    out: Path, stored: Mapping[str, Any], suite: str, wanted: Mapping[str, Mapping[str, Any]]
) -> None:
    """Whether a directory is that of the same suite with the same settings.

    Raises:
        UsageError: it is not.
    """
    if stored["suite"] != suite:
        raise UsageError(f"{out} holds the suite {stored['suite']}; give --out a new directory for {suite}")
    if stored["settings"].keys() != wanted.keys():
        tasks = ", ".join(stored["settings"])
        raise UsageError(f"{out} was begun with the tasks {tasks}; give --out a new directory")
    for task, settings in wanted.items():
        before = stored["settings"][task]
        other = [
            f"{name} {before.get(name)}, not {value}"
            for name, value in settings.items()
            if before.get(name) != value
        ]
        if other:
            raise UsageError(
                f"{task} in {out} was begun with {'; '.join(other)}; repeat that or give a new --out"
            )


def _is_finished(out: Path, settings: Mapping[str, Any]) -> bool:
    """Whether a directory holds the finished run of a task; False where there is nothing yet, or half of it.

    Raises:
        UsageError: it holds something else.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file where the run of a task belongs; remove it and repeat the command")
    if not results.is_used(out):
        return False
    manifest = results.read_manifest(out)
    # A run takes whole updates, so that its steps may be more than those asked for.
    other = [name for name, value in settings.items() if name != "steps" and manifest.get(name) != value]
    if other:
        raise UsageError(f"{out} holds a run with other {', '.join(other)}; give --out a new directory")
    return bool(manifest.get("status") == results.COMPLETE)


def _store(out: Path, scores: Mapping[str, Any]) -> None:
    from gmbench.reports.figures import save_suite_figures  # matplotlib is slow to import, and not wanted without out.

    save_suite_figures(scores, out / results.FIGURES)
    results.write_json(out / results.SUITE, {**results.read_suite(out), "status": results.COMPLETE, **scores})
