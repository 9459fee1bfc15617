"""Sweeps: one task under many training conditions, whose seeds fill the devices together."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmbench.runs.storage import results
from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import PACKS, Task
from gmbench.runs.compilation import compile_clock
from gmbench.errors import UsageError
from gmbench.runs.storage.training_checkpoints import Keeper
from gmbench.runs.merge import ordered_parts, put_together
from gmbench.runs.rescore import load_scored
from gmbench.runs.storage.results import Result, Table
from gmbench.runs.run import begin_job, conclude, make_algorithm, prepared, store_manifest, write_begun
from gmbench.runs.settings import Settings, settle
from gmbench.runs.scores.sweep import sweep_scores, sweep_table
from gmbench.runs.callbacks import Watch
from gmbench.runs.scheduling import Work, ahead, do


@dataclasses.dataclass(frozen=True)
class SweepResult:
    """What a sweep found out.

    Attributes:
        scores: see `gmbench.runs.scores.sweep.sweep_scores`; empty for a part of a sweep.
        table: see `gmbench.runs.scores.sweep.sweep_table`; empty for a part of a sweep.
        out: the directory that it is stored in: ``sweep.json``, ``sweep.parquet``, ``figures/`` and a run for
            each condition.
    """

    scores: Mapping[str, Any]
    table: Table
    out: Path


def run_sweep(
    task: str,
    *,
    out: Path | str,
    alpha: Sequence[float] = (0.0,),
    levels: Sequence[int] = (),
    algorithm: str | None = None,
    budget: str = "quick",
    seeds: int | None = None,
    steps: int | None = None,
    block: int | None = None,
    part: tuple[int, int] = (1, 1),
    memory: float | None = None,
    watch: Watch | None = None,
) -> SweepResult:
    """Runs a task under every combination of its training conditions, each with the same seeds.

    Args:
        task: id of a task.
        out: a new or empty directory for the results.
        alpha: fractions of training levels from the shifted distribution.
        levels: numbers of different training levels; without any, that of the budget.
        algorithm: see `gmbench.runs.run.run`, and so for the others; they hold for each condition.
        budget: fills in what is not given.
        seeds: training seeds.
        steps: environment steps for each seed.
        block: seeds that are computed together.
        part: run this part of the seeds, of so many; `merge_sweep` puts them together.
        memory: GiB that may be used on each device.
        watch: who is told how it goes on.

    Raises:
        UsageError: a name is unknown, a number out of range or given twice, or ``out`` is in use.
        Interrupted: ``watch`` said to stop.
    """
    loaded, folder = load_task(task), Path(out)
    settings: dict[str, Settings] = {}
    for fraction, number in itertools.product(alpha, levels or (None,)):
        wanted = settle(
            loaded,
            algorithm=algorithm,
            budget=budget,
            seeds=seeds,
            steps=steps,
            alpha=fraction,
            levels=number,
            block=block,
            part=part,
        )
        settled = prepared(loaded, wanted)[0]
        if condition_name(settled) in settings:
            raise UsageError(f"{condition_name(settled)} is there twice; give each value once")
        settings[condition_name(settled)] = settled
    if not settings:
        raise UsageError("a sweep needs one value of alpha at least")
    results.claim(folder)
    with results.locked(folder):
        stored = {name: dataclasses.asdict(settled) for name, settled in settings.items()}
        results.write_json(
            folder / results.SWEEP, {"status": results.RUNNING, "task": task, "settings": stored}
        )
        return _go_on(loaded, settings, folder, memory, watch or Watch())


def resume_sweep(out: Path, *, memory: float | None = None, watch: Watch | None = None) -> SweepResult:
    """Goes on with an interrupted sweep, see `gmbench.runs.resume.resume`."""
    stored = results.read_sweep(out)
    if stored.get("status") != results.RUNNING:
        raise UsageError(f"the sweep in {out} is complete; gmbench score {out} shows its scores")
    with results.locked(out):
        return _go_on(load_task(stored["task"]), _stored(out), out, memory, watch or Watch())


def merge_sweep(parts: Sequence[Path | str], out: Path | str, watch: Watch | None = None) -> SweepResult:
    """Puts the parts of a sweep together, scores it, and stores it as any other sweep.

    Args:
        parts: the directories of all parts, in any order.
        out: a new or empty directory for the whole.
        watch: who is told how it goes on.

    Raises:
        UsageError: a part is wanting, is there twice, was not finished or is of another sweep; or ``out``
            is in use.
    """
    folder, ordered = Path(out), ordered_sweep_parts([Path(part) for part in parts])
    results.claim(folder)
    with results.locked(folder):
        return put_sweep_together(ordered, folder, watch or Watch())


def ordered_sweep_parts(parts: Sequence[Path]) -> dict[str, list[Path]]:
    """For each condition the directories of all its parts, the first part first.

    Raises:
        UsageError: see `merge_sweep`.
    """
    names = list(_stored(parts[0]))
    for part in parts:
        if list(_stored(part)) != names:
            raise UsageError(f"{part} and {parts[0]} are not parts of the same sweep")
    return {name: ordered_parts([part / name for part in parts]) for name in names}


def put_sweep_together(parts: Mapping[str, Sequence[Path]], folder: Path, watch: Watch) -> SweepResult:
    """The whole sweep, stored in a directory; the parts of each condition are all there, and in order."""
    done = {}
    for name, of_condition in parts.items():
        (folder / name).mkdir(exist_ok=True)
        done[name] = put_together(of_condition, folder / name, watch, pictures=False)
    task = next(iter(done.values())).manifest["task"]
    return _conclude(task, done, folder, watch)


def rescore_sweep(folder: Path) -> dict[str, Any]:
    """Scores a sweep again, from its stored episodes, and writes its files anew.

    Raises:
        UsageError: it was not finished, or is damaged.
    """
    stored = results.read_sweep(folder)
    if stored.get("status") != results.COMPLETE:
        raise UsageError(f"the sweep in {folder} was not finished; go on with gmbench run --resume {folder}")
    done = {name: _scored(folder / name) for name in stored["settings"]}
    return dict(_conclude(stored["task"], done, folder, Watch()).scores)


def condition_name(settings: Settings) -> str:
    """The directory of a condition within that of its sweep."""
    return f"alpha-{settings.alpha:g}_levels-{settings.levels}"


def _stored(out: Path) -> dict[str, Settings]:
    """The settings of each condition of a sweep, as its directory has them."""
    stored = results.read_sweep(out)["settings"]
    return {name: Settings.stored(settled, out / results.SWEEP) for name, settled in stored.items()}


def _go_on(
    task: Task, settings: Mapping[str, Settings], folder: Path, memory: float | None, watch: Watch
) -> SweepResult:
    """Runs what is not complete yet, and scores all together."""
    done: dict[str, Result] = {}
    for levels in dict.fromkeys(settled.levels for settled in settings.values()):
        # Programs are for so many levels, so these conditions lie side by side.
        group = {name: settled for name, settled in settings.items() if settled.levels == levels}
        if not all(results.is_complete(folder / name) for name in group):
            watch.note(f"{levels:,} levels: alpha {', '.join(f'{s.alpha:g}' for s in group.values())}")
            done |= _run_group(task, group, folder, memory, watch)
    if not all(settled.whole for settled in settings.values()):
        results.write_json(folder / results.SWEEP, {**results.read_sweep(folder), "status": results.PARTIAL})
        return SweepResult({}, {}, folder)
    # The others were complete when the sweep was interrupted.
    return _conclude(
        task.id, {name: done.get(name) or _scored(folder / name) for name in settings}, folder, watch
    )


def _run_group(
    task: Task, group: Mapping[str, Settings], folder: Path, memory: float | None, watch: Watch
) -> dict[str, Result]:
    """Runs conditions whose levels have the same shapes: the results of those that were not complete."""
    begun = time.perf_counter()
    settings = list(group.values())
    learner: Algorithm[Any] = make_algorithm(task, settings[0])
    keeper = Keeper(folder, watch.stop, f"levels-{settings[0].levels}")
    with compile_clock() as clock:
        watch.stage("drawing levels")
        packs = {pack: load_pack(task, pack) for pack in PACKS}
        with ahead(task, learner, packs, settings[0].block) as built:
            jobs = []
            for name, settled in group.items():
                (folder / name).mkdir(exist_ok=True)
                if not (folder / name / results.MANIFEST).exists():
                    write_begun(folder / name, settled)
                jobs.append(begin_job(task, learner, settled, folder / name))
            work = Work(task, learner, packs, [job for job, _ in jobs], memory)
            found = do(work, keeper, watch, built)
        done = {
            name: conclude(
                task, learner, job.settings, circumstances, pieces, job.folder, watch, pictures=False
            )
            for name, (job, circumstances), pieces in zip(group, jobs, found, strict=True)
            # One that was complete when the sweep was interrupted has none.
            if pieces
        }
    for result in done.values():
        share = len(done)  # What the conditions have spent together.
        result.manifest["seconds"].update(
            compile=clock.seconds / share, all=(time.perf_counter() - begun) / share
        )
        store_manifest(result)
    keeper.clear()
    return done


def _scored(folder: Path) -> Result:
    """A condition that is complete."""
    return load_scored(folder)[1]


def _conclude(task: str, done: Mapping[str, Result], folder: Path, watch: Watch) -> SweepResult:
    """Scores and draws the sweep, whose conditions are all complete."""
    from gmbench.reports.figures import save_sweep_figures  # matplotlib is slow to import.

    table = sweep_table(done)
    scores = sweep_scores(task, done)
    watch.stage("drawing figures")
    results.write_table(folder / results.SWEEP_TABLE, table)
    save_sweep_figures(scores, folder / results.FIGURES)
    settings = {
        name: {field.name: result.manifest[field.name] for field in dataclasses.fields(Settings)}
        for name, result in done.items()
    }
    results.write_json(
        folder / results.SWEEP, {"status": results.COMPLETE, "task": task, "settings": settings, **scores}
    )
    return SweepResult(scores, table, folder)
