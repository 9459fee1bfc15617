"""The work of one or many runs of a task: their seeds, in blocks, trained side by side, and evaluated.

Blocks of different runs may lie side by side, as long as their learners are alike: the conditions of a
sweep fill a device together. They train in cohorts, as many blocks as fit into memory, and what a cohort has
brought is kept before the next one begins.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.runs.storage import results
from gmbench.agents.algorithm import Algorithm
from gmbench.runs.sharding import Spread
from gmbench.runs.training import Block, Programs, Trained, block_keys, train, updates_of
from gmbench.benchmarks.tasks.task import Task
from gmbench.runs.compilation import meanwhile
from gmbench.envs.core.environment import EnvParams
from gmbench.runs.evaluation import EVALUATION, evaluate_batch, infer_packs, policy_shapes, trace_ahead
from gmbench.runs.memory_planning import Plan, plan_training
from gmbench.runs.storage.training_checkpoints import Keeper
from gmbench.runs.storage.shards import Piece, piece_path, read_pieces, write_piece
from gmbench.runs.storage.tables import curves_table, episodes_table, goals_table
from gmbench.runs.settings import Settings
from gmbench.runs.callbacks import Watch


@dataclasses.dataclass(frozen=True)
class Job:
    """One run within the work.

    Attributes:
        settings: of the run; but for ``alpha``, those of all jobs are the same.
        params: its training levels, of the same shapes for all jobs.
        folder: its directory, if it is kept.
    """

    settings: Settings
    params: EnvParams
    folder: Path | None


@dataclasses.dataclass(frozen=True)
class Unit:
    """One block of one job.

    Attributes:
        job: its index.
        seeds: all seeds of the block.
        wanted: those of them that the run has; the last block of a run may be filled up.
    """

    job: int
    seeds: range
    wanted: range


@dataclasses.dataclass(frozen=True)
class Work:
    """What is to be done, and with what.

    Attributes:
        task: the task of all jobs.
        learner: of all jobs, for one seed.
        packs: the levels that are evaluated on.
        jobs: the runs.
        memory: GiB that may be used on each device; None for half of what is free.
    """

    task: Task
    learner: Algorithm[Any]
    packs: Mapping[str, Any]
    jobs: Sequence[Job]
    memory: float | None = None

    @property
    def block(self) -> int:
        """Seeds of a block."""
        return self.jobs[0].settings.block

    @property
    def units(self) -> list[Unit]:
        """All blocks, job by job."""
        return [
            Unit(
                job,
                seeds=range(block * self.block, (block + 1) * self.block),
                wanted=work.settings.seeds_of(range(block, block + 1)),
            )
            for job, work in enumerate(self.jobs)
            for block in work.settings.blocks()
        ]

    @property
    def updates(self) -> int:
        """Of every seed."""
        return updates_of(self.learner, self.jobs[0].settings.steps)


def ahead(
    task: Task, learner: Algorithm[Any], packs: Mapping[str, Any], seeds: int
) -> AbstractContextManager[Sequence[Future[Any]]]:
    """Builds the programs of the evaluation, for blocks of so many seeds, beside what is done within."""
    if jax.default_backend() != "cpu":
        # How blocks are put together there is known only when the memory is.
        return nullcontext(())
    return meanwhile(trace_ahead(task, learner, packs, Spread.local(), seeds))


def do(work: Work, keeper: Keeper | None, watch: Watch, built: Sequence[Future[Any]]) -> list[list[Piece]]:
    """What each job's seeds have brought, the first seeds first; what is kept already is not done again.

    Nothing of a job that is complete.

    Args:
        work: what is to be done.
        keeper: keeps the training.
        watch: who is told.
        built: see `ahead`.
    """
    watch.stage("compiling")
    plan, programs = _plan(work, keeper)
    # Once for all batches: what lies on every device already is not copied again.
    shared = {pack: programs.spread.share(levels) for pack, levels in work.packs.items()}
    work = dataclasses.replace(work, packs=shared)
    cohorts = list(_cohorts(work.units, plan.cohort))
    if len(cohorts) > 1:
        watch.note(_described(work, plan, cohorts))
    found: list[list[Piece]] = [[] for _ in work.jobs]
    for number, cohort in enumerate(cohorts):
        missing = {
            job: places
            for job, places in _by_job(cohort).items()
            if not _is_kept(work.jobs[job], _seeds(cohort, places))
        }
        if not missing:
            continue
        if keeper is not None:
            keeper.begin(number)
        trained = _train(work, programs, cohort, keeper, watch, (number, len(cohorts)))
        # What fails is seen where the program is called.
        wait(built)
        for job, piece in _evaluate(work, programs.spread, trained, cohort, missing, watch).items():
            folder = work.jobs[job].folder
            if folder is None:
                found[job].append(piece)
            else:
                write_piece(folder, piece)
        if len(cohorts) > 1:
            watch.note(f"round {number + 1} of {len(cohorts)} is done")
        if keeper is not None:
            keeper.check()
    policy = policy_shapes(work.learner, work.jobs[0].params, ())
    return [
        pieces if job.folder is None else read_pieces(job.folder, policy)
        for job, pieces in zip(work.jobs, found, strict=True)
    ]


def _plan(work: Work, keeper: Keeper | None) -> tuple[Plan, Programs]:
    """How blocks are put together, as when the work was begun or by what fits now; and the programs."""

    def build(each: int) -> Programs:
        spread = dataclasses.replace(Spread.local(), each=each)
        return Programs.build(work.learner, work.jobs[0].params, work.block, spread)

    kept = None if keeper is None else keeper.plan()
    if kept is not None:
        return kept, build(kept.each)
    programs = build(each=1)
    plan = plan_training(programs, len(work.units), work.memory)
    if keeper is not None:
        keeper.plan(plan)
    return plan, programs if plan.each == 1 else build(plan.each)


def _described(work: Work, plan: Plan, cohorts: Sequence[Sequence[Unit]]) -> str:
    seeds = sum(len(unit.wanted) for cohort in cohorts for unit in cohort)
    return (
        f"{seeds:,} seeds in blocks of {work.block}, {plan.cohort * work.block:,} at a time: "
        f"{len(cohorts)} rounds"
    )


def _cohorts(units: Sequence[Unit], size: int) -> Iterator[Sequence[Unit]]:
    for first in range(0, len(units), size):
        yield units[first : first + size]


def _by_job(cohort: Sequence[Unit]) -> dict[int, list[int]]:
    """The places in a cohort of each job's units."""
    return {
        job: [place for place, unit in enumerate(cohort) if unit.job == job]
        for job in dict.fromkeys(unit.job for unit in cohort)
    }


def _seeds(cohort: Sequence[Unit], places: Sequence[int]) -> range:
    """The seeds of some units of one job, which follow each other."""
    return range(cohort[places[0]].wanted[0], cohort[places[-1]].wanted[-1] + 1)


def _is_kept(job: Job, seeds: range) -> bool:
    return job.folder is not None and (
        results.is_complete(job.folder) or piece_path(job.folder, seeds).exists()
    )


def _train(
    work: Work,
    programs: Programs,
    cohort: Sequence[Unit],
    keeper: Keeper | None,
    watch: Watch,
    place: tuple[int, int],
) -> Trained:
    """Trains a cohort, the one with this number of so many (``place``)."""
    returned = f"return_{work.task.env.goals[0].name}"
    number, cohorts = place
    before, updates, begun = number * work.updates, cohorts * work.updates, False

    def report(done: int, metrics: Mapping[str, np.ndarray]) -> None:
        nonlocal begun
        if not begun:
            watch.stage("training")
        begun = True
        returns = metrics.get(returned, np.array(np.nan))
        watch.progress(before + done, updates, float(np.mean(returns)))

    blocks = [Block(unit.seeds, work.jobs[unit.job].params) for unit in cohort]
    return train(programs, blocks, work.updates, report, keeper)


def _evaluate(
    work: Work,
    spread: Spread,
    trained: Trained,
    cohort: Sequence[Unit],
    missing: Mapping[int, list[int]],
    watch: Watch,
) -> dict[int, Piece]:
    """What the seeds of some jobs have brought; ``missing`` has the places of their units in the cohort."""
    policies = [jax.vmap(jax.vmap(work.learner.policy))(batch) for batch in trained.batches]
    keys = [block_keys([unit.seeds for unit in batch], EVALUATION) for batch in spread.batches(cohort)]
    watch.stage("evaluating")
    played = [
        evaluate_batch(work.task, spread, batch, work.packs, key)
        for batch, key in zip(policies, keys, strict=True)
    ]
    watch.stage("inferring goals")
    evidence = _side_by_side(infer_packs(work.task, spread, work.packs, batch) for batch in played)
    episodes = _side_by_side({pack: of_pack.episodes for pack, of_pack in batch.items()} for batch in played)
    learned = _side_by_side(jax.device_get(policies))
    metrics = jax.tree.map(lambda leaf: np.moveaxis(leaf, 0, 2), trained.metrics)
    pieces = {}
    for job, places in missing.items():
        seeds = _seeds(cohort, places)

        def of_job(tree: Any, places: list[int] = places, count: int = len(seeds)) -> Any:
            """Of [blocks, seeds, ...] those of the job, as [seeds, ...]."""
            return jax.tree.map(lambda leaf: leaf[places].reshape(-1, *leaf.shape[2:])[:count], tree)

        curves = jax.tree.map(np.transpose, of_job(metrics))
        pieces[job] = Piece(
            seeds=seeds,
            episodes=episodes_table(work.task, of_job(episodes), work.packs, seeds),
            goals=goals_table(work.task, of_job(evidence), seeds),
            curves=curves_table(curves, work.learner.steps_per_update, seeds),
            policies=of_job(learned),
            seconds=trained.seconds * len(places) / len(cohort),
        )
    return pieces


def _side_by_side(batches: Iterable[Any]) -> Any:
    """What batches have brought, [places, ...] each, as [blocks, ...], NumPy arrays."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *batches)
