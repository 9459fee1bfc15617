"""Runs of suites: one task after the other, each in its own directory, scored together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.suites import Suite, find_suite
from gmbench.errors import UsageError
from gmbench.runs.algorithms import prepare
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.run import resume_run, run_task
from gmbench.runs.scores.stored import load_scored
from gmbench.runs.scores.suite import score_suite
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import claim, is_used, locked
from gmbench.runs.storage.files import to_json_types, write_json
from gmbench.runs.storage.results import Result


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


def resume_suite(out: Path, memory: float | None = None, callbacks: Callbacks | None = None) -> SuiteResult:
    """Resumes the interrupted run of a suite, see `gmbench.runs.resume.resume`."""
    stored = manifests.read_suite(out)
    if stored.get("status") != manifests.RUNNING:
        raise UsageError(f"the suite in {out} is complete; gmbench score {out} shows its scores")
    path = out / manifests.SUITE
    settings = {task: Settings.from_manifest(own, path) for task, own in stored["settings"].items()}
    return _run(stored["suite"], settings, out, memory, callbacks or Callbacks())


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
    """Runs the tasks that are not complete yet, and scores all together."""
    complete = [] if out is None else _claim(out, suite_id, settings)
    with nullcontext() if out is None else locked(out):
        done = {}
        for place, (task, own) in enumerate(settings.items(), start=1):
            callbacks.task(task, place, len(settings))
            folder = None if out is None else out / task
            if folder is not None and task in complete:
                done[task] = load_scored(folder)[1]
            elif folder is not None and manifests.is_interrupted(folder):
                done[task] = resume_run(folder, memory, callbacks)
            else:
                done[task] = run_task(task, _options_of(own, memory), folder, callbacks)
            callbacks.result(done[task])
        scores = score_suite(suite_id, {task: result.scores for task, result in done.items()})
        if out is not None:
            stored = manifests.read_suite(out)
            write_json(out / manifests.SUITE, {**stored, "status": manifests.COMPLETE, **scores})
    return SuiteResult(results=done, scores=scores, out=out)


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
    # In the types of JSON, to compare them with those that are stored.
    wanted = {task: to_json_types(dataclasses.asdict(own)) for task, own in settings.items()}
    complete = []
    if manifests.is_suite(out):
        _check_same(out, manifests.read_suite(out), suite_id, wanted)
        complete = [task for task, own in wanted.items() if _is_complete(out / task, own)]
    else:
        claim(out)
    content = {"status": manifests.RUNNING, "suite": suite_id, "settings": wanted}
    write_json(out / manifests.SUITE, content)
    return complete


def _check_same(
    out: Path, stored: Mapping[str, Any], suite_id: str, wanted: Mapping[str, Mapping[str, Any]]
) -> None:
    """Checks that a directory holds the same suite with the same settings.

    Raises:
        UsageError: it does not.
    """
    if stored["suite"] != suite_id:
        raise UsageError(
            f"{out} holds the suite {stored['suite']}; give --out a new directory for {suite_id}"
        )
    if stored["settings"].keys() != wanted.keys():
        tasks = ", ".join(stored["settings"])
        raise UsageError(f"{out} was started with the tasks {tasks}; give --out a new directory")
    for task, settings in wanted.items():
        before = stored["settings"][task]
        other = [
            f"{name} {before.get(name)}, not {value}"
            for name, value in settings.items()
            if before.get(name) != value
        ]
        if other:
            raise UsageError(
                f"{task} in {out} was started with {'; '.join(other)}; repeat that or give a new --out"
            )


def _is_complete(out: Path, settings: Mapping[str, Any]) -> bool:
    """Whether a directory holds the complete run of a task; False if it is empty, or the run interrupted.

    Raises:
        UsageError: it holds something else.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file where the run of a task belongs; remove it and repeat the command")
    if not is_used(out):
        return False
    manifest = manifests.read_manifest(out)
    # A run makes whole updates, so that its steps may be more than those asked for.
    other = [name for name, value in settings.items() if name != "steps" and manifest.get(name) != value]
    if other:
        raise UsageError(f"{out} holds a run with other {', '.join(other)}; give --out a new directory")
    return bool(manifest.get("status") == manifests.COMPLETE)
