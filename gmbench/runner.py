"""The main job: train many seeds on a task, evaluate each, score, and keep everything."""

from __future__ import annotations

import dataclasses
import functools
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import numpy as np

import gmbench
from gmbench import checkpoint, results
from gmbench.agents import load_algorithm
from gmbench.agents.algorithm import Algorithm
from gmbench.agents.training import Trained, train, updates_of
from gmbench.benchmarks.evaluation import Episodes
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import PACKS, Task
from gmbench.compilation import compile_clock, meanwhile
from gmbench.envs.environment import EnvParams
from gmbench.envs.levels import content_hash
from gmbench.errors import UsageError
from gmbench.evaluating import compile_ahead, evaluate_seeds, evaluation_keys, infer_seeds
from gmbench.keeping import Keeper
from gmbench.records import curves_table, episodes_table, goals_table
from gmbench.results import Result
from gmbench.scores import score
from gmbench.settings import Settings, settle, training_levels
from gmbench.showcase import save_showcase

TRAINING_LEVELS_SEED = 2022
"""All runs of a task with the same alpha and size train on the same levels."""
LIBRARIES = ("jax", "jaxlib", "flax", "optax", "distrax", "gymnax", "numpy", "scipy")

OnStage = Callable[[str], None]
"""Called with the name of each stage as it begins."""
OnProgress = Callable[[int, int, float], None]
"""Called with the updates done, the updates in all, and the mean return on the intended goal."""
Stop = Callable[[], bool]
"""Tells whether a run is to stop, once what was trained is kept."""


@dataclasses.dataclass(frozen=True)
class Watch:
    """Who is told how a run goes on, and may stop it.

    Attributes:
        stage: see `OnStage`.
        progress: see `OnProgress`.
        stop: see `Stop`.
    """

    stage: OnStage = lambda name: None
    progress: OnProgress = lambda done, updates, mean_return: None
    stop: Stop = lambda: False


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
    watch: Watch | None = None,
) -> Result:
    """Trains, evaluates and scores an algorithm on a task.

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
        watch: who is told how it goes on.

    Raises:
        UsageError: a name is unknown, a number out of range, or ``out`` is in use or cannot be written.
        Interrupted: ``watch`` said to stop.
    """
    loaded = load_task(task)
    settings = settle(loaded, algorithm, budget, seeds, steps, alpha, levels)
    learner = make_algorithm(loaded, settings)
    folder = None if out is None else Path(out)
    if folder is None:
        return _run(loaded, settings, learner, None, watch or Watch())
    results.claim(folder)
    with results.locked(folder):
        results.write_json(
            folder / results.MANIFEST, {"status": results.RUNNING, **dataclasses.asdict(settings)}
        )
        return _run(loaded, settings, learner, folder, watch or Watch())


def resume(out: Path | str, *, watch: Watch | None = None) -> Result:
    """Goes on with a run that was interrupted, and ends as if it had not been.

    Args:
        out: its directory.
        watch: who is told how it goes on.

    Raises:
        UsageError: there is no such run, it is complete, was begun in other circumstances, or is damaged.
        Interrupted: ``watch`` said to stop.
    """
    folder = Path(out)
    manifest = results.read_manifest(folder)
    if manifest.get("status") != results.RUNNING:
        raise UsageError(f"the run in {folder} is complete; gmbench score {folder} shows its scores")
    try:
        settings = Settings.of(manifest)
    except (KeyError, TypeError) as error:
        raise UsageError(f"{folder / results.MANIFEST} is damaged; the run must be repeated") from error
    task = load_task(settings.task)
    with results.locked(folder):
        return _run(task, settings, make_algorithm(task, settings), folder, watch or Watch())


def _run(
    task: Task, settings: Settings, learner: Algorithm[Any], folder: Path | None, watch: Watch
) -> Result:
    """A run in a directory that is its own, from the start or from where it was kept."""
    begun = time.perf_counter()
    keeper = None if folder is None else Keeper(folder, watch.stop)
    with compile_clock() as clock:
        result = _stages(task, settings, learner, folder, keeper, watch)
    result.manifest["seconds"].update(compile=clock.seconds, all=time.perf_counter() - begun)
    if folder is not None and keeper is not None:
        results.write_json(folder / results.MANIFEST, result.manifest)
        keeper.clear()
    return result


def _stages(
    task: Task,
    settings: Settings,
    learner: Algorithm[Any],
    folder: Path | None,
    keeper: Keeper | None,
    watch: Watch,
) -> Result:
    """All stages of a run; of what it stores, only the finished manifest is left to do."""
    watch.stage("drawing levels")
    packs, seeds = {pack: load_pack(task, pack) for pack in PACKS}, range(settings.seeds)
    with meanwhile(functools.partial(compile_ahead, task, learner, packs, seeds)) as finish:
        pool = training_levels(task, settings.levels, settings.alpha, TRAINING_LEVELS_SEED)
        circumstances = _circumstances(task, learner, pool)
        if folder is not None:
            _check_circumstances(folder, circumstances)
        watch.stage("compiling")
        trained = _train(learner, task, task.env.params(pool), settings, keeper, watch)
        finish()
    if keeper is not None:
        keeper.check()
    watch.stage("evaluating")
    policies = jax.vmap(learner.policy)(trained.learners)
    episodes = evaluate_seeds(task, policies, packs, seeds)
    watch.stage("inferring goals")
    evidence = infer_seeds(task, policies, packs, seeds)
    if keeper is not None:
        keeper.check()
    watch.stage("scoring")
    manifest = {
        "status": results.COMPLETE,
        **dataclasses.asdict(settings),
        **circumstances,
        "steps": len(next(iter(trained.metrics.values()))) * learner.steps_per_update,
        "seconds": {"train": trained.seconds},
    }
    table, goals = episodes_table(task, episodes, packs), goals_table(task, evidence)
    result = Result(
        manifest=manifest,
        episodes=table,
        goals=goals,
        curves=curves_table(trained.metrics, learner.steps_per_update),
        scores=score(manifest, table, goals, load_references(task)),
        out=folder,
    )
    if folder is not None:
        watch.stage("drawing figures")
        _store(result, task, policies, packs, episodes)
    return result


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


def _train(
    learner: Algorithm[Any],
    task: Task,
    params: EnvParams,
    settings: Settings,
    keeper: Keeper | None,
    watch: Watch,
) -> Trained:
    updates = updates_of(learner, settings.steps)
    begun = False

    def report(done: int, metrics: Mapping[str, np.ndarray]) -> None:
        nonlocal begun
        if not begun:
            watch.stage("training")
        begun = True
        returns = metrics.get(f"return_{task.env.goals[0].name}", np.array(np.nan))
        watch.progress(done, updates, float(np.mean(returns)))

    return train(learner, params, range(settings.seeds), updates, report, keeper)


def _circumstances(task: Task, learner: Algorithm[Any], pool: Any) -> dict[str, Any]:
    """What the numbers of a run depend on beside its settings."""
    return {
        "goals": [goal.name for goal in task.env.goals],
        "counting": task.counting,
        "config": _config(learner),
        "files": dict(task.files),
        "training_levels": content_hash(pool),
        "versions": {
            "gmbench": gmbench.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in LIBRARIES},
        },
        "devices": [str(device) for device in jax.devices()],
    }


def _check_circumstances(folder: Path, circumstances: Mapping[str, Any]) -> None:
    """Writes down the circumstances of a run, or compares them with those that it was begun in.

    Raises:
        UsageError: they have changed.
    """
    manifest = results.read_manifest(folder)
    now = results.plain(circumstances)
    changed = [name for name, value in now.items() if name in manifest and manifest[name] != value]
    if changed:
        raise UsageError(
            f"the run in {folder} was begun with other {' and '.join(changed)} (see its {results.MANIFEST}); "
            "go on with those, or begin anew in another directory"
        )
    results.write_json(folder / results.MANIFEST, {**manifest, **now})


def _config(learner: Algorithm[Any]) -> Any:
    config = getattr(learner, "config", None)
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return dataclasses.asdict(config)
    return repr(config)


def _store(
    result: Result, task: Task, policies: Any, packs: Mapping[str, Any], episodes: Mapping[str, Episodes]
) -> None:
    """Writes everything but the finished manifest."""
    from gmbench.figures import save_figures  # matplotlib is slow to import, and not wanted without --out.

    assert result.out is not None
    results.write_table(result.out / results.EPISODES, result.episodes)
    results.write_table(result.out / results.GOALS, result.goals)
    results.write_table(result.out / results.CURVES, result.curves)
    results.write_json(result.out / results.SCORES, result.scores)
    # One that an interrupted run has left is of no use.
    shutil.rmtree(result.out / results.CHECKPOINT, ignore_errors=True)
    checkpoint.save(result.out / results.CHECKPOINT, policies)
    folder = result.out / results.FIGURES
    save_figures(result, folder)
    save_showcase(task, policies, packs, episodes, evaluation_keys(range(result.scores["seeds"])), folder)
