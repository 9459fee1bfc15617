"""Sweeps: one task under several training conditions, whose seeds fill the devices together."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError
from gmbench.runs.algorithms import make_algorithm, prepare
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.group import Member, run_group, start_manifest
from gmbench.runs.scores.stored import load_scored
from gmbench.runs.scores.sweep import sweep_scores, sweep_table
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import claim, locked
from gmbench.runs.storage.files import Table, write_json, write_table
from gmbench.runs.storage.results import Result
from gmbench.runs.storage.training_checkpoints import TrainingCheckpoints

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
    task = load_task(task_id)
    settings: dict[str, Settings] = {}
    for fraction, number in itertools.product(alpha, levels or (None,)):
        condition = prepare(task, dataclasses.replace(options, alpha=fraction, levels=number))[0]
        name = condition_name(condition)
        if name in settings:
            raise UsageError(f"{name} is there twice; give each value once")
        settings[name] = condition
    if not settings:
        raise UsageError("a sweep needs one value of alpha at least")
    claim(out)
    with locked(out):
        stored = {name: dataclasses.asdict(own) for name, own in settings.items()}
        content = {"status": manifests.RUNNING, "task": task_id, "settings": stored}
        write_json(out / manifests.SWEEP, content)
        return _run(task, settings, out, options.memory, callbacks or Callbacks())


def resume_sweep(out: Path, memory: float | None = None, callbacks: Callbacks | None = None) -> SweepResult:
    """Resumes an interrupted sweep, see `gmbench.runs.resume.resume`."""
    stored = manifests.read_sweep(out)
    if stored.get("status") != manifests.RUNNING:
        raise UsageError(f"the sweep in {out} is complete; gmbench score {out} shows its scores")
    with locked(out):
        return _run(load_task(stored["task"]), stored_settings(out), out, memory, callbacks or Callbacks())


def condition_name(settings: Settings) -> str:
    """The name of the directory of a condition within that of its sweep."""
    return f"alpha-{settings.alpha:g}_levels-{settings.levels}"


def stored_settings(out: Path) -> dict[str, Settings]:
    """The settings of each condition of a stored sweep, by its name.

    Raises:
        UsageError: there is no sweep, or it is damaged.
    """
    stored = manifests.read_sweep(out)["settings"]
    return {name: Settings.from_manifest(own, out / manifests.SWEEP) for name, own in stored.items()}


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
    write_json(out / manifests.SWEEP, content)
    return SweepResult(scores, table, out)


def _run(
    task: Task, settings: Mapping[str, Settings], out: Path, memory: float | None, callbacks: Callbacks
) -> SweepResult:
    """Runs the conditions that are not complete yet, and scores all together."""
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
        write_json(out / manifests.SWEEP, {**stored, "status": manifests.PARTIAL})
        return SweepResult({}, {}, out)
    # Conditions without a new result were complete before.
    everything = {name: done.get(name) or load_scored(out / name)[1] for name in settings}
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
