"""Execution of a schedule: trains and evaluates cohort after cohort, and saves their results as shards."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np

from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks.task import Task
from gmbench.runs.blocks import EVALUATION, Block, block_keys
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.compilation import compile_in_background
from gmbench.runs.evaluation import evaluate_batch, infer_packs, lower_programs, policy_shapes
from gmbench.runs.memory_planning import MemoryPlan, plan_memory
from gmbench.runs.scheduling import Schedule, Unit, seeds_of
from gmbench.runs.sharding import Placement
from gmbench.runs.storage.shards import Shard, check_shards, read_shards, write_shard
from gmbench.runs.storage.tables import curves_table, episodes_table, goals_table
from gmbench.runs.storage.training_checkpoints import TrainingCheckpoints
from gmbench.runs.training import Trained, train
from gmbench.runs.training_programs import Programs


def compile_evaluation(
    task: Task, learner: Algorithm[Any], packs: Mapping[str, Any], seeds: int
) -> AbstractContextManager[Sequence[Future[Any]]]:
    """Compiles the programs of the evaluation in the background while a ``with`` block runs.

    Args:
        task: the task.
        learner: the algorithm, for one seed.
        packs: the levels of each pack.
        seeds: number of seeds in a block.
    """
    if jax.default_backend() != "cpu":
        # On an accelerator, the programs depend on how many blocks fit into memory.
        return nullcontext(())
    return compile_in_background(lower_programs(task, learner, packs, Placement.all_devices(), seeds))


def execute(
    schedule: Schedule,
    checkpoints: TrainingCheckpoints | None,
    callbacks: Callbacks,
    compiling: Sequence[Future[Any]],
) -> list[list[Shard]]:
    """Executes a schedule. Seeds whose results are saved already are not run again.

    Args:
        schedule: the jobs.
        checkpoints: saves the training; None if nothing is stored.
        callbacks: receives the progress.
        compiling: the programs from `compile_evaluation`.

    Returns:
        The shards of each job, in the order of their seeds. A job that was complete before has none.
    """
    callbacks.stage("compiling")
    plan, programs = _plan(schedule, checkpoints)
    # The packs are copied to all devices once, and not again for every batch.
    packs = {pack: programs.placement.share(levels) for pack, levels in schedule.packs.items()}
    schedule = dataclasses.replace(schedule, packs=packs)
    cohorts = schedule.cohorts(plan.blocks_per_cohort)
    _check_saved(schedule, cohorts)
    if len(cohorts) > 1:
        callbacks.note(_describe(schedule, plan, cohorts))
    unstored: list[list[Shard]] = [[] for _ in schedule.jobs]
    for number, cohort in enumerate(cohorts):
        unsaved = schedule.unsaved(cohort)
        if not unsaved:
            continue
        if checkpoints is not None:
            checkpoints.start_cohort(number)
        trained = _train(schedule, programs, cohort, checkpoints, callbacks, (number, len(cohorts)))
        # If one of them failed to compile, the call of the program shows why.
        wait(compiling)
        shards = _evaluate(schedule, programs.placement, trained, cohort, unsaved, callbacks)
        for index, shard in shards.items():
            folder = schedule.jobs[index].folder
            if folder is None:
                unstored[index].append(shard)
            else:
                write_shard(folder, shard)
        if len(cohorts) > 1:
            callbacks.note(f"round {number + 1} of {len(cohorts)} is complete")
        if checkpoints is not None:
            checkpoints.stop_if_asked()
    policy = policy_shapes(schedule.learner, schedule.jobs[0].params, ())
    return [
        shards if job.folder is None else read_shards(job.folder, schedule.task, policy)
        for job, shards in zip(schedule.jobs, unstored, strict=True)
    ]


def _check_saved(schedule: Schedule, cohorts: Sequence[Sequence[Unit]]) -> None:
    """Checks the shards that are saved already, before more seeds train.

    Raises:
        UsageError: a shard is damaged, or has other seeds than the cohorts.
    """
    for index, job in enumerate(schedule.jobs):
        if job.folder is not None:
            own = [[place for place, unit in enumerate(cohort) if unit.job == index] for cohort in cohorts]
            seeds = [seeds_of(cohort, places) for cohort, places in zip(cohorts, own, strict=True) if places]
            check_shards(job.folder, seeds)


def _plan(schedule: Schedule, checkpoints: TrainingCheckpoints | None) -> tuple[MemoryPlan, Programs]:
    """Plans the cohorts as when the run was started, or by the memory that is free now; and the programs."""

    def build(blocks_per_device: int) -> Programs:
        placement = dataclasses.replace(Placement.all_devices(), blocks_per_device=blocks_per_device)
        return Programs.build(schedule.learner, schedule.jobs[0].params, schedule.block, placement)

    saved = None if checkpoints is None else checkpoints.load_plan()
    if saved is not None:
        assert checkpoints is not None
        most = len(schedule.units) * jax.local_device_count()
        names = {field.name for field in dataclasses.fields(MemoryPlan)}
        possible = all(type(number) is int and 1 <= number <= most for number in saved.values())
        if saved.keys() != names or not possible:
            raise checkpoints.damaged_plan()
        plan = MemoryPlan(**saved)
        return plan, build(plan.blocks_per_device)
    programs = build(blocks_per_device=1)
    plan = plan_memory(programs, len(schedule.units), schedule.memory)
    if checkpoints is not None:
        checkpoints.save_plan(dataclasses.asdict(plan))
    return plan, programs if plan.blocks_per_device == 1 else build(plan.blocks_per_device)


def _describe(schedule: Schedule, plan: MemoryPlan, cohorts: Sequence[Sequence[Unit]]) -> str:
    seeds = sum(len(unit.wanted) for cohort in cohorts for unit in cohort)
    together = plan.blocks_per_cohort * schedule.block
    return f"{seeds:,} seeds in blocks of {schedule.block}, {together:,} at a time: {len(cohorts)} rounds"


def _train(
    schedule: Schedule,
    programs: Programs,
    cohort: Sequence[Unit],
    checkpoints: TrainingCheckpoints | None,
    callbacks: Callbacks,
    place: tuple[int, int],
) -> Trained:
    """Trains a cohort; ``place`` is its number and the number of all cohorts."""
    metric = f"return_{schedule.task.env.goals[0].name}"
    number, cohorts = place
    before, updates, started = number * schedule.updates, cohorts * schedule.updates, False

    def report(done: int, metrics: Mapping[str, np.ndarray]) -> None:
        nonlocal started
        if not started:
            callbacks.stage("training")
        started = True
        returns = metrics.get(metric, np.array(np.nan))
        callbacks.progress(before + done, updates, float(np.mean(returns)))

    blocks = [Block(unit.seeds, schedule.jobs[unit.job].params) for unit in cohort]
    return train(programs, blocks, schedule.updates, report, checkpoints)


def _evaluate(
    schedule: Schedule,
    placement: Placement,
    trained: Trained,
    cohort: Sequence[Unit],
    unsaved: Mapping[int, list[int]],
    callbacks: Callbacks,
) -> dict[int, Shard]:
    """Evaluates a trained cohort: the shard of each job in ``unsaved``, see `Schedule.unsaved`."""
    task = schedule.task
    policies = [jax.vmap(jax.vmap(schedule.learner.policy))(batch) for batch in trained.batches]
    keys = [block_keys([unit.seeds for unit in batch], EVALUATION) for batch in placement.batches(cohort)]
    callbacks.stage("evaluating")
    played = [
        evaluate_batch(task, placement, batch, schedule.packs, key)
        for batch, key in zip(policies, keys, strict=True)
    ]
    callbacks.stage("inferring goals")
    evidence = _join_batches(infer_packs(task, placement, schedule.packs, batch) for batch in played)
    episodes = _join_batches({pack: of_pack.episodes for pack, of_pack in batch.items()} for batch in played)
    learned = _join_batches(jax.device_get(policies))
    metrics = jax.tree.map(lambda leaf: np.moveaxis(leaf, 0, 2), trained.metrics)
    shards = {}
    for index, positions in unsaved.items():
        seeds = seeds_of(cohort, positions)

        def of_job(tree: Any, positions: list[int] = positions, count: int = len(seeds)) -> Any:
            """Selects the seeds of the job: [blocks, seeds, ...] -> [seeds, ...]."""
            return jax.tree.map(lambda leaf: leaf[positions].reshape(-1, *leaf.shape[2:])[:count], tree)

        curves = jax.tree.map(np.transpose, of_job(metrics))
        shards[index] = Shard(
            seeds=seeds,
            episodes=episodes_table(task, of_job(episodes), schedule.packs, seeds),
            goals=goals_table(task, of_job(evidence), seeds),
            curves=curves_table(curves, schedule.updates, schedule.learner.steps_per_update, seeds),
            policies=of_job(learned),
            seconds=trained.seconds * len(positions) / len(cohort),
        )
    return shards


def _join_batches(batches: Iterable[Any]) -> Any:
    """Concatenates the results of batches to NumPy arrays [blocks, ...]."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *batches)
