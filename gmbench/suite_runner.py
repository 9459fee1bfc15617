"""Runs of suites: one task after the other, each kept in a directory of its own, and scored together."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gmbench import results, runner
from gmbench.benchmarks.suites import Suite, find_suite
from gmbench.benchmarks.tasks import load_task
from gmbench.errors import UsageError
from gmbench.rescoring import load_scored
from gmbench.results import Result
from gmbench.settings import Settings, settle
from gmbench.suite_scores import score_suite

OnTask = Callable[[str, int, int], None]
"""Called as a task begins with its id, its place from 1, and the number of tasks."""
OnScores = Callable[[Mapping[str, Any]], None]
"""Called with the scores of each task when it is done."""


@dataclasses.dataclass(frozen=True)
class SuiteResult:
    """What the run of a suite found out.

    Attributes:
        results: of each task, by its id.
        scores: see `gmbench.suite_scores.score_suite`.
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
    on_task: OnTask | None = None,
    on_scores: OnScores | None = None,
    on_stage: runner.OnStage | None = None,
    on_progress: runner.OnProgress | None = None,
) -> SuiteResult:
    """Runs an algorithm on every task of a suite, and scores all together.

    Stopped in between, it goes on when it is called again with the same settings: a task that is complete in
    ``out`` is not run again. One that is half there is not touched, but must be removed.

    Args:
        suite: id, such as ``core-v1``.
        out: a new or empty directory for the results, or that of the same suite with the same settings;
            without it nothing is stored.
        algorithm: as in `gmbench.runner.run`, as are those that follow; they hold for each task.
        budget: fills in what neither is given nor fixed by the suite.
        seeds: how many training seeds.
        steps: environment steps for each seed.
        alpha: fraction of training levels from the shifted distribution.
        levels: how many different training levels.
        on_task: see `OnTask`.
        on_scores: see `OnScores`.
        on_stage: see `gmbench.runner.OnStage`.
        on_progress: see `gmbench.runner.OnProgress`.

    Raises:
        UsageError: a name is unknown, a number out of range, or ``out`` is in use by something else.
    """
    settings = _settle(find_suite(suite), algorithm, budget, seeds, steps, alpha, levels)
    folder = None if out is None else Path(out)
    finished = [] if folder is None else _claim(folder, suite, settings)
    done: dict[str, Result] = {}
    for place, (task, settled) in enumerate(settings.items(), start=1):
        if on_task is not None:
            on_task(task, place, len(settings))
        if folder is not None and task in finished:
            done[task] = load_scored(folder / task)[1]
        else:
            done[task] = runner.run(
                **dataclasses.asdict(settled),
                out=None if folder is None else folder / task,
                on_stage=on_stage,
                on_progress=on_progress,
            )
        if on_scores is not None:
            on_scores(done[task].scores)
    scores = score_suite(suite, {task: result.scores for task, result in done.items()})
    if folder is not None:
        _store(folder, scores)
    return SuiteResult(results=done, scores=scores, out=folder)


def _settle(
    suite: Suite,
    algorithm: str | None,
    budget: str,
    seeds: int | None,
    steps: int | None,
    alpha: float,
    levels: int | None,
) -> dict[str, Settings]:
    """What is run on each task, of which none is begun unless all can be."""
    if suite.budget and budget != "quick":
        raise UsageError(f"{suite.id} has its own budget; give it seeds, steps or levels, not {budget!r}")
    given = {"seeds": seeds, "steps": steps, "levels": levels}
    numbers = {name: suite.budget.get(name) if value is None else value for name, value in given.items()}
    settings = {}
    for task_id in suite.tasks:
        task = load_task(task_id)
        settings[task_id] = settle(task, algorithm=algorithm, budget=budget, alpha=alpha, **numbers)
        runner.make_algorithm(task, settings[task_id])
    return settings


def _claim(out: Path, suite: str, settings: Mapping[str, Settings]) -> list[str]:
    """Makes a directory for a suite, or finds out which tasks are finished in that of an earlier run.

    Raises:
        UsageError: it is in use by something else, or a task in it was not finished.
    """
    wanted = {task: dataclasses.asdict(settled) for task, settled in settings.items()}
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
    """Whether a directory holds the finished run of a task; False where there is nothing yet.

    Raises:
        UsageError: it holds something else.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    manifest = results.read_manifest(out) if (out / results.MANIFEST).exists() else {}
    if manifest.get("status") != results.COMPLETE:
        raise UsageError(f"{out} holds a run that was not finished; remove it and repeat the command")
    # A run takes whole updates, so that its steps may be more than those asked for.
    other = [name for name, value in settings.items() if name != "steps" and manifest.get(name) != value]
    if other:
        raise UsageError(f"{out} holds a run with other {', '.join(other)}; give --out a new directory")
    return True


def _store(out: Path, scores: Mapping[str, Any]) -> None:
    from gmbench.figures import (
        save_suite_figures,
    )  # matplotlib is slow to import, and not wanted without out.

    save_suite_figures(scores, out / results.FIGURES)
    results.write_json(out / results.SUITE, {**results.read_suite(out), "status": results.COMPLETE, **scores})
