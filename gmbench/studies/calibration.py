"""The command ``calibrate``: reference policies, and the agents of a run in shifts that break capability."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks import calibration, scoring
from gmbench.benchmarks.calibration import Row, calibrate, inferred, summarize
from gmbench.benchmarks.controls import Flipped, Scrambled, mirrored
from gmbench.benchmarks.evaluation import Observe
from gmbench.benchmarks.goal_inference import LEVELS_INFERRED, weigh
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import select
from gmbench.errors import UsageError
from gmbench.runs.evaluation import by_blocks, play_batch, policy_shapes
from gmbench.runs.rescore import load_scored
from gmbench.runs.run import make_algorithm
from gmbench.runs.settings import Settings
from gmbench.runs.sharding import Spread
from gmbench.runs.storage import policies as checkpoint
from gmbench.runs.storage import results
from gmbench.runs.storage.results import Result


def calibrate_task(
    task_id: str, run: Path | None = None, on_stage: Callable[[str], None] | None = None
) -> list[Row]:
    """The rows of the reference policies and, with a run, of its agents.

    Args:
        task_id: id of a task.
        run: the directory of a finished run on it.
        on_stage: called with the name of each stage as it begins.

    Raises:
        UsageError: there is no such task, or no such run, or it is of another task.
    """
    task = load_task(task_id)
    stored = None if run is None else _run_of(task, run)
    policies = None if stored is None else load_policies(task, stored)
    rows = calibrate(task, on_stage)
    if stored is not None:
        if on_stage is not None:
            on_stage("playing agents")
        rows += _of_agents(task, stored, policies)
    return rows


def _run_of(task: Task, directory: Path) -> Result:
    its_task, stored = load_scored(directory)
    if its_task.id != task.id:
        raise UsageError(f"the run in {directory} is of {its_task.id}, not of {task.id}")
    return stored


def load_policies(task: Task, run: Result) -> Policy:
    """The trained policies of a run, stacked on axis 0.

    Raises:
        UsageError: its checkpoint is missing or damaged, or its algorithm cannot be made.
    """
    assert run.out is not None
    settings = Settings.of(run.manifest)
    params = jax.eval_shape(lambda: task.env.default_params)
    like = policy_shapes(make_algorithm(task, settings), params, (settings.seeds,))
    restored: Policy = checkpoint.restore(run.out / results.CHECKPOINT, like)
    return restored


def _of_agents(task: Task, run: Result, policies: Any) -> Iterator[Row]:
    """The agents of a run under shift, as they are and in the control shifts."""
    pack = calibration.PACK_INFERRED
    levels, references = load_pack(task, pack), load_references(task)[pack]
    seeds = [seed["seed"] for seed in run.scores["per_seed"]]
    policies = jax.tree.map(lambda leaf: leaf[np.array(seeds)], policies)
    familiar = np.array([seed["capability"]["iid"] for seed in run.scores["per_seed"]])
    flipped, in_mirror = Flipped(task.env), mirrored(task.env, policies, len(seeds))
    controls: dict[str, tuple[Any, Observe | None]] = {
        "trained": (policies, None),
        "trained, view flipped": (policies, flipped),
        "trained, world mirrored": (in_mirror, flipped),
        "trained, view scrambled": (policies, Scrambled(task.env)),
    }
    for name, (players, observe) in controls.items():

        def play(batch: Any, keys: jax.Array, observe: Observe | None = observe) -> Any:
            return play_batch(task, Spread.alone(), batch, levels, keys, observe)

        played = by_blocks(play, players, seeds, run.manifest["block"])
        split = scoring.shares(np.mean(played.episodes.returns, axis=1, dtype=float), references)
        verdicts = scoring.verdicts(familiar, split)
        found = None
        if task.planned:
            few = select(levels, np.arange(LEVELS_INFERRED))
            found = inferred(task, weigh(task.planner, few, played.actions, played.episodes.length))
        yield summarize(
            split,
            policy=name,
            pack=pack,
            inferred=found,
            verdicts={verdict: verdicts.count(verdict) for verdict in scoring.VERDICTS},
        )
