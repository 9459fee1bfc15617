"""The main job: trains many seeds on a task, evaluates and scores each, and stores the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError
from gmbench.runs.algorithms import check_algorithm, make_algorithm, prepare
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.group import Member, run_group, start_manifest
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import claimed, locked
from gmbench.runs.storage.results import Result
from gmbench.runs.storage.training_checkpoints import TrainingCheckpoints
from gmbench.runs.stored import check_same_settings, read_settings
from gmbench.runs.trust import allow_algorithm


def run_task(
    task_id: str,
    options: RunOptions,
    out: Path | None = None,
    callbacks: Callbacks | None = None,
) -> Result:
    """Trains, evaluates and scores an algorithm on a task. It draws no figures.

    Args:
        task_id: id of a task, such as ``coinrun-v1``.
        options: what is run.
        out: a new or empty directory for the results; None to store nothing.
        callbacks: receives the progress.

    Raises:
        UsageError: a name is unknown, a number is out of range, or ``out`` is in use or cannot be written.
        Interrupted: ``callbacks.stop`` returned True.
    """
    task = load_task(task_id)
    settings, learner = prepare(task, options)
    callbacks = callbacks or Callbacks()
    if out is None:
        if not settings.all_seeds:
            raise UsageError("a part of a run must be stored; give it a directory for its results")
        return _run(task, settings, learner, None, options.memory, callbacks)
    with claimed(out):
        start_manifest(out, settings)
        return _run(task, settings, learner, out, options.memory, callbacks)


def plan_run(task_id: str, options: RunOptions) -> dict[str, Settings]:
    """The settings of a run, in the form of `gmbench.runs.sweep.plan_sweep`: its directory has no name."""
    return {"": prepare(load_task(task_id), options)[0]}


def resume_run(
    out: Path,
    memory: float | None = None,
    callbacks: Callbacks | None = None,
    algorithm: str | None = None,
    expected: Settings | None = None,
) -> Result:
    """Resumes an interrupted run. The result is the same as without the interruption.

    Args:
        out: the directory of the run.
        memory: GiB that training may use on each device; None for half of the free memory.
        callbacks: receives the progress.
        algorithm: the algorithm that the caller names, see `gmbench.runs.trust`.
        expected: the settings of the run according to its suite; None for a run of its own.

    Raises:
        UsageError: there is no such run, it is complete, its settings or its provenance have changed, it is
            damaged, or its algorithm is not allowed.
        Interrupted: ``callbacks.stop`` returned True.
    """
    manifest = manifests.read_manifest(out)
    if manifest["status"] == manifests.PARTIAL:
        raise UsageError(f"{out} holds a complete part of a run; combine the parts with gmbench merge")
    if manifest["status"] != manifests.RUNNING:
        raise UsageError(f"the run in {out} is complete; gmbench score {out} shows its scores")
    settings = read_settings(out)
    if expected is not None:
        check_same_settings(out, settings, expected)
    allow_algorithm(settings.algorithm, algorithm, out)
    task = load_task(settings.task)
    with locked(out):
        learner = make_algorithm(task, settings)
        check_algorithm(task, settings.algorithm, learner)
        return _run(task, settings, learner, out, memory, callbacks or Callbacks())


def _run(
    task: Task,
    settings: Settings,
    learner: Algorithm[Any],
    out: Path | None,
    memory: float | None,
    callbacks: Callbacks,
) -> Result:
    checkpoints = None if out is None else TrainingCheckpoints(out, callbacks.stop)
    [result] = run_group(task, learner, [Member(settings, out)], checkpoints, memory, callbacks)
    assert result is not None  # It was not complete before.
    return result
