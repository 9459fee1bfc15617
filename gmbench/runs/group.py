"""Groups of runs that execute together: one run, or conditions of a sweep with equally many levels."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.tasks.task import PACKS, Task
from gmbench.benchmarks.training_levels import TRAINING_LEVELS_SEED, training_levels
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.blocks import updates_of
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.compilation import compile_clock
from gmbench.runs.execution import compile_evaluation, execute
from gmbench.runs.scheduling import Job, Schedule
from gmbench.runs.scores.run import score
from gmbench.runs.settings import Settings
from gmbench.runs.storage import manifests, policies, results
from gmbench.runs.storage.directories import check_lock
from gmbench.runs.storage.files import write_json, write_sealed
from gmbench.runs.storage.parquet import write_table
from gmbench.runs.storage.provenance import collect_provenance, compare_provenance, write_provenance
from gmbench.runs.storage.results import Result
from gmbench.runs.storage.shards import SHARDS, Shard, diverged, join_shards
from gmbench.runs.storage.training_checkpoints import TrainingCheckpoints


@dataclasses.dataclass(frozen=True)
class Member:
    """One run of a group.

    Attributes:
        settings: settings of the run; those of a group differ in nothing but ``alpha``.
        folder: the directory of the run, or None if it is not stored.
    """

    settings: Settings
    folder: Path | None


def run_group(
    task: Task,
    learner: Algorithm[Any],
    members: Sequence[Member],
    checkpoints: TrainingCheckpoints | None,
    memory: float | None,
    callbacks: Callbacks,
) -> list[Result | None]:
    """Trains, evaluates, scores and stores the runs of a group, from the start or from their checkpoints.

    Args:
        task: the task of all runs.
        learner: the algorithm of all runs, for one seed.
        members: the runs.
        checkpoints: saves the training; None if nothing is stored.
        memory: GiB that training may use on each device; None for half of the free memory.
        callbacks: receives the progress.

    Returns:
        The result of each run; None for a run that was complete before.
    """
    began = time.perf_counter()
    with compile_clock() as clock:
        callbacks.stage("drawing levels")
        packs = {pack: load_pack(task, pack) for pack in PACKS}
        with compile_evaluation(task, learner, packs, members[0].settings.block) as compiling:
            jobs = [_start_job(task, learner, member) for member in members]
            schedule = Schedule(task, learner, packs, jobs, memory)
            shards_of_jobs = execute(schedule, checkpoints, callbacks, compiling)
        found = [
            conclude(task, learner, job.settings, job.provenance, job.folder, shards, callbacks)
            if shards
            else None
            for job, shards in zip(jobs, shards_of_jobs, strict=True)
        ]
    new = [result for result in found if result is not None]
    for result in new:
        # The runs of a group share the time that they have spent together.
        compiling_seconds, all_seconds = clock.seconds / len(new), (time.perf_counter() - began) / len(new)
        result.manifest["seconds"].update(compile=compiling_seconds, all=all_seconds)
        if checkpoints is not None:
            result.manifest["seconds"]["checkpoints"] = checkpoints.seconds / len(new)
        if result.out is not None:
            write_manifest(result)
    if checkpoints is not None:
        checkpoints.remove()
    return found


def start_manifest(folder: Path, settings: Settings) -> None:
    """Writes the manifest of a run that starts."""
    content = {"status": manifests.RUNNING, **dataclasses.asdict(settings)}
    write_sealed(folder / manifests.MANIFEST, content)


def check_provenance(task: Task, settings: Settings, folder: Path) -> None:
    """Checks that a complete run has the provenance that a run of the same settings would have now.

    So all runs of a suite or of a sweep are of the same versions, and trained on the levels that these
    versions draw. Their devices may differ.

    Args:
        task: the task of the run.
        settings: the settings of the run; its algorithm is allowed.
        folder: the directory of the run.

    Raises:
        UsageError: it has another provenance.
    """
    _, provenance = _draw(task, make_algorithm(task, settings), settings)
    del provenance["devices"]
    compare_provenance(folder, provenance)


def _draw(task: Task, learner: Algorithm[Any], settings: Settings) -> tuple[Any, dict[str, Any]]:
    """Draws the training levels of a run: the levels, and the provenance of the run."""
    pool = training_levels(task, settings.levels, settings.alpha, TRAINING_LEVELS_SEED)
    return pool, collect_provenance(task, learner, pool)


def _start_job(task: Task, learner: Algorithm[Any], member: Member) -> Job:
    """Draws the training levels of a run, and writes its provenance to its manifest.

    Raises:
        UsageError: the run was started with another provenance.
    """
    settings = member.settings
    pool, provenance = _draw(task, learner, settings)
    if member.folder is not None:
        write_provenance(member.folder, provenance)
    return Job(settings, provenance, member.folder, task.env.params(pool))


def conclude(
    task: Task,
    learner: Algorithm[Any],
    settings: Settings,
    provenance: Mapping[str, Any],
    folder: Path | None,
    shards: Sequence[Shard],
    callbacks: Callbacks,
) -> Result:
    """Joins the shards of a run, or of a part of one, scores and stores them. It does not write the manifest.

    Args:
        task: the task of the run.
        learner: the algorithm, for one seed.
        settings: settings of the run.
        provenance: see `gmbench.runs.storage.provenance`.
        folder: the directory of the run, or None if it is not stored.
        shards: the results of its seeds, in the order of the seeds.
        callbacks: receives the progress.

    Raises:
        UsageError: a file cannot be written.
    """
    shard = join_shards(shards)
    lost = np.array(shard.seeds)[diverged(shard.policies, len(shard.seeds))].tolist()
    manifest = {
        "status": manifests.COMPLETE if settings.all_seeds else manifests.PARTIAL,
        **dataclasses.asdict(settings),
        **provenance,
        "steps": updates_of(learner, settings.steps) * learner.steps_per_update,
        "diverged": lost,
        "seconds": {"train": shard.seconds},
    }
    result = Result(
        manifest, shard.episodes, shard.goals, shard.curves, scores={}, out=folder, policies=shard.policies
    )
    if not settings.all_seeds:
        return result
    if lost:
        numbers = ", ".join(map(str, lost))
        callbacks.warn(f"{len(lost)} of {len(shard.seeds)} seeds diverged and are left out: {numbers}")
    callbacks.stage("scoring")
    scores = score(manifest, shard.episodes, shard.goals, load_references(task), task.floor)
    result = dataclasses.replace(result, scores=scores)
    if folder is not None:
        _store(result)
    return result


def write_manifest(result: Result) -> None:
    """Writes the manifest of a run after all its other files are written, which completes the run."""
    assert result.out is not None
    check_lock(result.out)
    if result.manifest["status"] == manifests.COMPLETE:
        result.manifest[manifests.STORED] = results.digests(result.out)
    write_sealed(result.out / manifests.MANIFEST, result.manifest)
    if result.manifest["status"] == manifests.COMPLETE:
        shutil.rmtree(result.out / SHARDS, ignore_errors=True)


def _store(result: Result) -> None:
    """Writes the tables, the scores and the trained policies."""
    assert result.out is not None
    write_table(result.out / results.EPISODES, result.episodes)
    write_table(result.out / results.GOALS, result.goals)
    write_table(result.out / results.CURVES, result.curves)
    write_json(result.out / results.SCORES, result.scores)
    # An interrupted run may have left an incomplete checkpoint.
    shutil.rmtree(result.out / results.CHECKPOINT, ignore_errors=True)
    policies.save(result.out / results.CHECKPOINT, result.policies)
