"""The main job: train many seeds on a task, evaluate each, score, and keep everything."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gmbench.runs.storage import policies as checkpoint, results
from gmbench.agents import load_algorithm
from gmbench.agents.algorithm import Algorithm
from gmbench.runs.training import block_size, updates_of
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import PACKS, Task
from gmbench.runs.storage.provenance import circumstances_of, write_circumstances
from gmbench.runs.compilation import compile_clock
from gmbench.errors import UsageError
from gmbench.runs.storage.training_checkpoints import Keeper
from gmbench.runs.storage.shards import PIECES, Piece, diverged, join
from gmbench.runs.storage.results import Result
from gmbench.runs.scores.run import score
from gmbench.runs.settings import Settings, settle, training_levels
from gmbench.reports.showcase import save_showcase
from gmbench.runs.callbacks import Watch
from gmbench.runs.scheduling import Job, Work, ahead, do

TRAINING_LEVELS_SEED = 2022
"""All runs of a task with the same alpha and size train on the same levels."""


def run(
    task: str,
    *,
    out: Path | str | None = None,
    algorithm: str | None = None,
    budget: str = "quick",
    seeds: int | None = None,
    steps: int | None = None,
    alpha: float = 0.0,
    levels: int | None = None,
    block: int | None = None,
    part: tuple[int, int] = (1, 1),
    memory: float | None = None,
    watch: Watch | None = None,
) -> Result:
    """Trains, evaluates and scores an algorithm on a task.

    Seeds are computed in blocks, on all devices of this process, as many at a time as fit into memory. What
    comes out depends on the size of the blocks, in the last digits, but not on the rest of it.

    Args:
        task: id of a task, such as ``coinrun-v1``.
        out: a new or empty directory for the results; without it nothing is stored.
        algorithm: ``ppo``, ``ppo-rnn``, or your own as ``package.module:factory``, a function of (env, steps)
            that gives a `gmbench.agents.algorithm.Algorithm`; without it, what suits the task.
        budget: ``quick`` or ``standard``; it fills in what is not given of the three that follow.
        seeds: how many training seeds.
        steps: environment steps for each seed.
        alpha: fraction of training levels from the shifted distribution.
        levels: how many different training levels.
        block: seeds of a block; without it, what suits the algorithm and the device.
        part: run this part of the seeds, of so many, and do not score them: `gmbench.runs.merge.merge` does
            when all parts are there.
        memory: GiB that may be used on each device; without it, half of what is free.
        watch: who is told how it goes on.

    Raises:
        UsageError: a name is unknown, a number out of range, or ``out`` is in use or cannot be written.
        Interrupted: ``watch`` said to stop.
    """
    loaded = load_task(task)
    wanted = settle(
        loaded,
        algorithm=algorithm,
        budget=budget,
        seeds=seeds,
        steps=steps,
        alpha=alpha,
        levels=levels,
        block=block,
        part=part,
    )
    settings, learner = prepared(loaded, wanted)
    folder = None if out is None else Path(out)
    if folder is None:
        if not settings.whole:
            raise UsageError("a part of a run must be kept; give it a directory for its results")
        return _run(loaded, settings, learner, None, memory, watch or Watch())
    results.claim(folder)
    with results.locked(folder):
        write_begun(folder, settings)
        return _run(loaded, settings, learner, folder, memory, watch or Watch())


def resume(out: Path | str, *, memory: float | None = None, watch: Watch | None = None) -> Result:
    """Goes on with a run that was interrupted, and ends as if it had not been.

    Args:
        out: its directory.
        memory: see `run`.
        watch: who is told how it goes on.

    Raises:
        UsageError: there is no such run, it is complete, was begun in other circumstances, or is damaged.
        Interrupted: ``watch`` said to stop.
    """
    folder = Path(out)
    manifest = results.read_manifest(folder)
    if manifest.get("status") == results.PARTIAL:
        raise UsageError(f"{folder} has all of its part of a run; put it together with gmbench merge")
    if manifest.get("status") != results.RUNNING:
        raise UsageError(f"the run in {folder} is complete; gmbench score {folder} shows its scores")
    settings = Settings.stored(manifest, folder / results.MANIFEST)
    task = load_task(settings.task)
    with results.locked(folder):
        learner = make_algorithm(task, settings)
        return _run(task, settings, learner, folder, memory, watch or Watch())


def write_begun(folder: Path, settings: Settings) -> None:
    """Writes the manifest of a run that begins."""
    results.write_json(folder / results.MANIFEST, {"status": results.RUNNING, **dataclasses.asdict(settings)})


def prepared(task: Task, settings: Settings) -> tuple[Settings, Algorithm[Any]]:
    """Settings with nothing left open, and the learner for one seed.

    Raises:
        UsageError: there is no such algorithm, it cannot be made, or there are too many parts.
    """
    learner = make_algorithm(task, settings)
    settled = dataclasses.replace(settings, block=settings.block or block_size(learner, settings.seeds))
    settled.blocks()
    return settled, learner


def make_algorithm(task: Task, settings: Settings) -> Algorithm[Any]:
    """The learner for one seed, with the task's settings if it is one of ours.

    Raises:
        UsageError: there is none of that name, or it cannot be made.
    """
    factory = load_algorithm(settings.algorithm)
    config = task.configs.get(settings.algorithm)
    extra = {} if config is None else {"config": config}
    try:
        made: Algorithm[Any] = factory(task.env, settings.steps, **extra)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the algorithm {settings.algorithm!r} cannot be made: {error}") from error
    return made


def _run(
    task: Task,
    settings: Settings,
    learner: Algorithm[Any],
    folder: Path | None,
    memory: float | None,
    watch: Watch,
) -> Result:
    """A run in a directory that is its own, from the start or from where it was kept."""
    begun = time.perf_counter()
    keeper = None if folder is None else Keeper(folder, watch.stop)
    with compile_clock() as clock:
        watch.stage("drawing levels")
        packs = {pack: load_pack(task, pack) for pack in PACKS}
        with ahead(task, learner, packs, settings.block) as built:
            job, circumstances = begin_job(task, learner, settings, folder)
            [pieces] = do(Work(task, learner, packs, [job], memory), keeper, watch, built)
        result = conclude(task, learner, settings, circumstances, pieces, folder, watch)
    result.manifest["seconds"].update(compile=clock.seconds, all=time.perf_counter() - begun)
    if keeper is not None:
        store_manifest(result)
        keeper.clear()
    return result


def begin_job(
    task: Task, learner: Algorithm[Any], settings: Settings, folder: Path | None
) -> tuple[Job, dict[str, Any]]:
    """The training levels of a run, and its circumstances, which are written down.

    Raises:
        UsageError: it was begun in others.
    """
    pool = training_levels(task, settings.levels, settings.alpha, TRAINING_LEVELS_SEED)
    circumstances = circumstances_of(task, learner, pool)
    if folder is not None:
        write_circumstances(folder, circumstances)
    return Job(settings, task.env.params(pool), folder), circumstances


def conclude(
    task: Task,
    learner: Algorithm[Any],
    settings: Settings,
    circumstances: Mapping[str, Any],
    pieces: Sequence[Piece],
    folder: Path | None,
    watch: Watch,
    pictures: bool = True,
) -> Result:
    """The result of a run, or of a part of one, stored but for its manifest.

    Args:
        task: the task.
        learner: for one seed.
        settings: of the run.
        circumstances: of the run.
        pieces: what its seeds have brought, the first seeds first.
        folder: its directory, if it is kept.
        watch: who is told.
        pictures: whether to draw figures too.

    Raises:
        UsageError: no seed is left, or something cannot be written.
    """
    piece = join(pieces)
    lost = np.array(piece.seeds)[diverged(piece.policies)].tolist()
    manifest = {
        "status": results.COMPLETE if settings.whole else results.PARTIAL,
        **dataclasses.asdict(settings),
        **circumstances,
        "steps": updates_of(learner, settings.steps) * learner.steps_per_update,
        "diverged": lost,
        "seconds": {"train": piece.seconds},
    }
    if not settings.whole:
        return Result(manifest, piece.episodes, piece.goals, piece.curves, {}, folder)
    if len(lost) == len(piece.seeds):
        raise UsageError("every seed diverged, its weights are no longer numbers; try a lower learning rate")
    if lost:
        numbers = ", ".join(map(str, lost))
        watch.note(f"{len(lost)} of {len(piece.seeds)} seeds diverged and are left out: {numbers}")
    watch.stage("scoring")
    scores = score(manifest, piece.episodes, piece.goals, load_references(task))
    result = Result(manifest, piece.episodes, piece.goals, piece.curves, scores, folder)
    if folder is not None:
        _store(result, piece.policies)
        if pictures:
            watch.stage("drawing figures")
            _draw(result, task, piece.policies)
    return result


def store_manifest(result: Result) -> None:
    """Writes the manifest of a run whose everything else is stored: now it is complete."""
    assert result.out is not None
    results.write_json(result.out / results.MANIFEST, result.manifest)
    if result.manifest["status"] == results.COMPLETE:
        shutil.rmtree(result.out / PIECES, ignore_errors=True)


def _store(result: Result, policies: Any) -> None:
    """Writes everything but the manifest and the figures."""
    assert result.out is not None
    results.write_table(result.out / results.EPISODES, result.episodes)
    results.write_table(result.out / results.GOALS, result.goals)
    results.write_table(result.out / results.CURVES, result.curves)
    results.write_json(result.out / results.SCORES, result.scores)
    # One that an interrupted run has left is of no use.
    shutil.rmtree(result.out / results.CHECKPOINT, ignore_errors=True)
    checkpoint.save(result.out / results.CHECKPOINT, policies)


def _draw(result: Result, task: Task, policies: Any) -> None:
    from gmbench.reports.figures import save_figures  # matplotlib is slow to import, and not wanted without --out.

    assert result.out is not None
    folder = result.out / results.FIGURES
    save_figures(result, folder)
    save_showcase(task, result, policies, folder)
