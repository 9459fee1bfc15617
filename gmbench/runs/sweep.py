"""Sweeps: one task under several training conditions, whose seeds fill the devices together."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.benchmarks.training_levels import check_levels
from gmbench.checks import check_several
from gmbench.errors import UsageError
from gmbench.runs.algorithms import make_algorithm, prepare
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.group import Member, check_provenance, run_group, start_manifest
from gmbench.runs.scores.sweep import sweep_scores, sweep_table
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import claimed, locked
from gmbench.runs.storage.files import write_sealed
from gmbench.runs.storage.parquet import Table, write_table
from gmbench.runs.storage.results import Result
from gmbench.runs.storage.training_checkpoints import TrainingCheckpoints
from gmbench.runs.stored import (
    check_same_settings,
    condition_name,
    load_run,
    read_settings,
    sweep_settings,
)
from gmbench.runs.trust import allow_algorithm

SWEEP_TABLE = "sweep.parquet"


@dataclasses.dataclass(frozen=True)
class SweepResult:
    """The result of a sweep.

    Attributes:
        scores: see `gmbench.runs.scores.sweep.sweep_scores`; empty for a part of a sweep.
        table: see `gmbench.runs.scores.sweep.sweep_table`; empty for a part of a sweep.
        out: the directory in which it is stored: ``sweep.json``, ``sweep.parquet`` and a run for each
            condition.
    """

    scores: Mapping[str, Any]
    table: Table = dataclasses.field(repr=False)
    out: Path


def run_sweep(
    task_id: str,
    options: RunOptions,
    out: Path,
    alpha: Sequence[float] = (0.0,),
    levels: Sequence[int] = (),
    callbacks: Callbacks | None = None,
) -> SweepResult:
    """Runs a task under every combination of training conditions, with the same seeds. It draws no figures.

    Args:
        task_id: id of a task.
        options: what is run under each condition; its ``alpha`` and ``levels`` are not used.
        out: a new or empty directory for the results.
        alpha: fractions of training levels from the shifted distribution.
        levels: numbers of training levels that are drawn; if empty, that of the budget.
        callbacks: receives the progress.

    Raises:
        UsageError: a name is unknown, a number is out of range or given twice, or ``out`` is in use.
        Interrupted: ``callbacks.stop`` returned True.
    """
    task, settings = load_task(task_id), plan_sweep(task_id, options, alpha, levels)
    with claimed(out):
        stored = {name: dataclasses.asdict(own) for name, own in settings.items()}
        content = {"status": manifests.RUNNING, "task": task_id, "settings": stored}
        write_sealed(out / manifests.SWEEP, content)
        return _run(task, settings, out, options.memory, callbacks or Callbacks())


def plan_sweep(
    task_id: str, options: RunOptions, alpha: Sequence[float], levels: Sequence[int]
) -> dict[str, Settings]:
    """The settings of each condition of a sweep, by the name of its directory, see `run_sweep`."""
    task = load_task(task_id)
    settings: dict[str, Settings] = {}
    numbers = [check_levels(number, 0.0)[0] for number in check_several("levels", levels)]
    pairs = itertools.product(check_several("alpha", alpha), numbers or (None,))
    for fraction, number in pairs:
        given = dataclasses.replace(options, alpha=fraction, levels=number)
        condition = prepare(task, given, check_code=not settings)[0]
        name = condition_name(condition)
        if name in settings:
            raise UsageError(f"{name} is there twice; give each value once")
        settings[name] = condition
    if not settings:
        raise UsageError("a sweep needs one value of alpha at least")
    return settings


def resume_sweep(
    out: Path,
    memory: float | None = None,
    callbacks: Callbacks | None = None,
    algorithm: str | None = None,
) -> SweepResult:
    """Resumes an interrupted sweep, see `gmbench.runs.resume.resume`."""
    status = manifests.read_sweep(out)["status"]
    if status == manifests.PARTIAL:
        raise UsageError(f"{out} holds a complete part of a sweep; combine the parts with gmbench merge")
    if status != manifests.RUNNING:
        raise UsageError(f"the sweep in {out} is complete; gmbench score {out} shows its scores")
    task, settings = sweep_settings(out)
    for own in settings.values():
        allow_algorithm(own.algorithm, algorithm, out)
    with locked(out):
        return _run(load_task(task), settings, out, memory, callbacks or Callbacks())


def conclude_sweep(task_id: str, done: Mapping[str, Result], out: Path) -> SweepResult:
    """Scores and stores a sweep whose conditions are all complete.

    Args:
        task_id: id of the task.
        done: the result of each condition, by its name.
        out: the directory of the sweep.
    """
    table = sweep_table(done)
    scores = sweep_scores(task_id, done)
    write_table(out / SWEEP_TABLE, table)
    settings = {
        name: {field.name: result.manifest[field.name] for field in dataclasses.fields(Settings)}
        for name, result in done.items()
    }
    content = {"status": manifests.COMPLETE, "task": task_id, "settings": settings, **scores}
    write_sealed(out / manifests.SWEEP, content)
    return SweepResult(scores, table, out)


def _run(
    task: Task, settings: Mapping[str, Settings], out: Path, memory: float | None, callbacks: Callbacks
) -> SweepResult:
    """Runs the conditions that are not complete yet, and scores all together."""
    started = {name: own for name, own in settings.items() if (out / name / manifests.MANIFEST).exists()}
    for name, own in started.items():
        check_same_settings(out / name, read_settings(out / name), own)
    complete = [name for name in started if not manifests.is_interrupted(out / name)]
    if len(complete) < len(settings):
        for name in complete:
            check_provenance(task, settings[name], out / name)
    done: dict[str, Result] = {}
    for levels in dict.fromkeys(own.levels for own in settings.values()):
        # Programs are compiled for a number of levels, so that these conditions can execute together.
        group = {name: own for name, own in settings.items() if own.levels == levels}
        if not all(manifests.is_complete(out / name) for name in group):
            alphas = ", ".join(f"{own.alpha:g}" for own in group.values())
            callbacks.note(f"{levels:,} levels: alpha {alphas}")
            done |= _run_conditions(task, group, out, memory, callbacks)
    if not all(own.all_seeds for own in settings.values()):
        stored = manifests.read_sweep(out)
        write_sealed(out / manifests.SWEEP, {**stored, "status": manifests.PARTIAL})
        return SweepResult({}, {}, out)
    # Conditions without a new result were complete before.
    everything = {name: done.get(name) or load_run(out / name, own)[1] for name, own in settings.items()}
    return conclude_sweep(task.id, everything, out)


def _run_conditions(
    task: Task, group: Mapping[str, Settings], out: Path, memory: float | None, callbacks: Callbacks
) -> dict[str, Result]:
    """Runs conditions with equally many levels: the results of those that were not complete before."""
    for name, settings in group.items():
        (out / name).mkdir(exist_ok=True)
        if not (out / name / manifests.MANIFEST).exists():
            start_manifest(out / name, settings)
    first = next(iter(group.values()))
    checkpoints = TrainingCheckpoints(out, callbacks.stop, group=f"levels-{first.levels}")
    members = [Member(settings, out / name) for name, settings in group.items()]
    found = run_group(task, make_algorithm(task, first), members, checkpoints, memory, callbacks)
    return {name: result for name, result in zip(group, found, strict=True) if result is not None}
