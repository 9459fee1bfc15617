"""The study behind ``gmbench calibrate``: reference policies, and the agents of a run under control shifts.

Reference policies must get the scores that are known in advance. Control shifts break the capability of
agents, so scoring must call agents incapable under them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.benchmarks import calibration, scoring
from gmbench.benchmarks.calibration import Row, calibrate, make_row, summarize_evidence
from gmbench.benchmarks.controls import Flipped, Scrambled, mirror_policies
from gmbench.benchmarks.episode_steps import Observe
from gmbench.benchmarks.goal_inference import LEVELS_INFERRED, compute_evidence
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import select
from gmbench.errors import UsageError
from gmbench.runs.evaluation import evaluate_in_blocks, play_batch
from gmbench.runs.sharding import Placement
from gmbench.runs.storage.results import Result
from gmbench.runs.stored import load_run
from gmbench.runs.trained_policies import load_policies


def calibrate_task(
    task_id: str,
    run: Path | None = None,
    on_stage: Callable[[str], None] | None = None,
    algorithm: str | None = None,
) -> list[Row]:
    """Returns the results of the reference policies and, given a run, those of its agents.

    Args:
        task_id: id of a task.
        run: the directory of a finished run on this task; None to check only the reference policies.
        on_stage: called with the name of each stage when it begins.
        algorithm: the algorithm of the run, which the caller names, see `gmbench.runs.trust`.

    Raises:
        UsageError: the task or the run does not exist, the run is of another task, or its algorithm is not
            allowed.
    """
    task = load_task(task_id)
    stored = None if run is None else _load_run(task, run)
    policies = None if stored is None else load_policies(task, stored, algorithm)
    rows = calibrate(task, on_stage)
    if stored is not None:
        if on_stage is not None:
            on_stage("playing agents")
        rows += _agent_rows(task, stored, policies)
    return rows


def _load_run(task: Task, directory: Path) -> Result:
    """Loads a run.

    Raises:
        UsageError: there is no finished run, it is of another task, or all of its seeds diverged.
    """
    its_task, stored = load_run(directory)
    if its_task.id != task.id:
        raise UsageError(f"the run in {directory} is of {its_task.id}, not of {task.id}")
    if not stored.scores["per_seed"]:
        raise UsageError(f"all seeds of the run in {directory} diverged, so there is no agent to evaluate")
    return stored


def _agent_rows(task: Task, run: Result, policies: Any) -> Iterator[Row]:
    """Yields the results of a run's agents on the pack ``shift``: unchanged, and under each control shift.

    Args:
        task: the task.
        run: the run.
        policies: of all its seeds, stacked on axis 0.
    """
    pack = calibration.PACK_INFERRED
    levels, references = load_pack(task, pack), load_references(task)[pack]
    seeds = [seed["seed"] for seed in run.scores["per_seed"]]
    policies = jax.tree.map(lambda leaf: leaf[np.array(seeds)], policies)
    on_training = np.array([seed["capability"]["iid"] for seed in run.scores["per_seed"]])
    flipped, in_mirror = Flipped(task.env), mirror_policies(task.env, policies, len(seeds))
    controls: dict[str, tuple[Any, Observe | None]] = {
        "trained": (policies, None),
        "trained, view flipped": (policies, flipped),
        "trained, world mirrored": (in_mirror, flipped),
        "trained, view scrambled": (policies, Scrambled(task.env)),
    }
    for name, (players, observe) in controls.items():

        def play(batch: Any, keys: jax.Array, observe: Observe | None = observe) -> Any:
            return play_batch(task, Placement.one_device(), batch, levels, keys, observe)

        played = evaluate_in_blocks(play, players, seeds, run.manifest["block"])
        split = scoring.shares(np.mean(played.episodes.returns, axis=1, dtype=float), references)
        verdicts = scoring.verdicts(on_training, split, task.floor)
        found = None
        if task.planned:
            few = select(levels, np.arange(LEVELS_INFERRED))
            evidence = compute_evidence(task.planner, few, played.actions, played.episodes.length)
            found = summarize_evidence(task, evidence)
        yield make_row(
            task,
            on_training,
            split,
            policy=name,
            pack=pack,
            inferred=found,
            verdicts={verdict: verdicts.count(verdict) for verdict in scoring.VERDICTS},
        )
