"""Runs of suites: one task after the other, each in its own directory, scored together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.suites import Suite, find_suite
from gmbench.errors import UsageError
from gmbench.runs.algorithms import prepare
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.group import check_provenance
from gmbench.runs.run import resume_run, run_task
from gmbench.runs.scores.suite import score_suite
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import claim, is_used, locked, released
from gmbench.runs.storage.files import write_sealed
from gmbench.runs.storage.links import check_links
from gmbench.runs.storage.results import Result
from gmbench.runs.stored import check_same_settings, load_run, read_settings, suite_settings
from gmbench.runs.trust import allow_algorithm


@dataclasses.dataclass(frozen=True)
class SuiteResult:
    """The result of a suite.

    Attributes:
        results: the result of each task, by its id.
        scores: see `gmbench.runs.scores.suite.score_suite`.
        out: the directory in which it is stored, or None: ``suite.json``, and a directory for each task.
    """

    results: Mapping[str, Result]
    scores: Mapping[str, Any]
    out: Path | None = None


def run_suite(
    suite_id: str,
    options: RunOptions,
    out: Path | None = None,
    callbacks: Callbacks | None = None,
) -> SuiteResult:
    """Runs an algorithm on every task of a suite, and scores all together. It draws no figures.

    An interrupted suite resumes when this is called again with the same options: complete tasks are skipped,
    and an interrupted task resumes.

    Args:
        suite_id: id of a suite, such as ``core-v1``.
        options: what is run on each task; the suite may have a budget of its own.
        out: a new or empty directory for the results, or that of the same suite with the same options; None
            to store nothing.
        callbacks: receives the progress of each run, and each task's result.

    Raises:
        UsageError: a name is unknown, a number is out of range, or ``out`` is used by something else.
        Interrupted: ``callbacks.stop`` returned True.
    """
    settings = _prepare(find_suite(suite_id), options)
    return _run(suite_id, settings, out, options.memory, callbacks or Callbacks())


def resume_suite(
    out: Path,
    memory: float | None = None,
    callbacks: Callbacks | None = None,
    algorithm: str | None = None,
) -> SuiteResult:
    """Resumes the interrupted run of a suite, see `gmbench.runs.resume.resume`."""
    if manifests.read_suite(out)["status"] != manifests.RUNNING:
        raise UsageError(f"the suite in {out} is complete; gmbench score {out} shows its scores")
    suite_id, settings = suite_settings(out)
    for own in settings.values():
        allow_algorithm(own.algorithm, algorithm, out)
    return _run(suite_id, settings, out, memory, callbacks or Callbacks())


def _prepare(suite: Suite, options: RunOptions) -> dict[str, Settings]:
    """Makes the settings of each task, before any task is started.

    Args:
        suite: the suite; its budget fills in what the options leave open.
        options: what is run on each task.

    Raises:
        UsageError: the options do not suit the suite, or one of its tasks.
    """
    if suite.budget and options.budget != "quick":
        raise UsageError(
            f"{suite.id} has its own budget; give it seeds, steps or levels, not {options.budget!r}"
        )
    own = {name: number for name, number in suite.budget.items() if getattr(options, name) is None}
    options = dataclasses.replace(options, **own)  # type: ignore[arg-type]
    return {task: prepare(load_task(task), options)[0] for task in suite.tasks}


def _run(
    suite_id: str,
    settings: Mapping[str, Settings],
    out: Path | None,
    memory: float | None,
    callbacks: Callbacks,
) -> SuiteResult:
    """Runs the tasks that are not complete yet, and scores all together. All algorithms are allowed."""
    with _claimed(out, suite_id, settings) as complete:
        done = {}
        for place, (task, own) in enumerate(settings.items(), start=1):
            callbacks.task(task, place, len(settings))
            folder = None if out is None else out / task
            if folder is not None and task in complete:
                done[task] = load_run(folder, own)[1]
            elif folder is not None and manifests.is_interrupted(folder):
                done[task] = resume_run(folder, memory, callbacks, own.algorithm, own)
            else:
                done[task] = run_task(task, _options_of(own, memory), folder, callbacks)
            callbacks.result(done[task])
        scores = score_suite(suite_id, {task: result.scores for task, result in done.items()})
        if out is not None:
            stored = manifests.read_suite(out)
            write_sealed(out / manifests.SUITE, {**stored, "status": manifests.COMPLETE, **scores})
    return SuiteResult(results=done, scores=scores, out=out)


@contextmanager
def _claimed(out: Path | None, suite_id: str, settings: Mapping[str, Settings]) -> Iterator[list[str]]:
    """Claims and locks a directory, if there is one, for a ``with`` block; yields what `_claim` returns."""
    if out is None:
        yield []
        return
    started, new = manifests.is_suite(out), not out.exists()
    complete = _claim(out, suite_id, settings)
    with locked(out), nullcontext() if started else released(out, itself=new):
        yield complete


def _options_of(settings: Settings, memory: float | None) -> RunOptions:
    """The options that give these settings."""
    given = {name: value for name, value in vars(settings).items() if name != "task"}
    return RunOptions(**given, memory=memory)


def _claim(out: Path, suite_id: str, settings: Mapping[str, Settings]) -> list[str]:
    """Creates a directory for a suite, or finds the complete tasks in that of an earlier run.

    Returns:
        The ids of the complete tasks.

    Raises:
        UsageError: the directory is used by something else, or by the same suite with other settings.
    """
    complete = []
    if manifests.is_suite(out):
        check_links(out)
        _check_same(out, suite_id, settings)
        complete = [task for task, own in settings.items() if _is_complete(out / task, own)]
        if len(complete) < len(settings):
            for task in complete:
                check_provenance(load_task(task), settings[task], out / task)
    else:
        claim(out)
    stored = {task: dataclasses.asdict(own) for task, own in settings.items()}
    write_sealed(out / manifests.SUITE, {"status": manifests.RUNNING, "suite": suite_id, "settings": stored})
    return complete


def _check_same(out: Path, suite_id: str, wanted: Mapping[str, Settings]) -> None:
    """Checks that a directory holds the same suite with the same settings.

    Raises:
        UsageError: it does not.
    """
    stored_suite, stored = suite_settings(out)
    if stored_suite != suite_id:
        raise UsageError(f"{out} holds the suite {stored_suite}; give --out a new directory for {suite_id}")
    for task, settings in wanted.items():
        before = vars(stored[task])
        other = [
            f"{name} {before[name]}, not {value}"
            for name, value in vars(settings).items()
            if before[name] != value
        ]
        if other:
            raise UsageError(
                f"{task} in {out} was started with {'; '.join(other)}; repeat that or give a new --out"
            )


def _is_complete(out: Path, settings: Settings) -> bool:
    """Whether a directory holds the complete run of a task; False if it is empty, or the run interrupted.

    Raises:
        UsageError: it holds something else.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file where the run of a task belongs; remove it and repeat the command")
    if not is_used(out):
        return False
    check_same_settings(out, read_settings(out), settings)
    return manifests.is_complete(out)
