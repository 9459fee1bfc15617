"""Loading the trained policies of a stored run."""

from __future__ import annotations

import jax
import numpy as np

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.evaluation import policy_shapes
from gmbench.runs.settings import Settings
from gmbench.runs.storage import policies, results
from gmbench.runs.storage.manifests import MANIFEST, STORED
from gmbench.runs.storage.results import Result
from gmbench.runs.storage.shards import diverged
from gmbench.runs.trust import allow_algorithm


def load_policies(task: Task, run: Result, algorithm: str | None = None) -> Policy:
    """Loads the trained policies of a stored run, stacked on axis 0, one per seed.

    Args:
        task: the task of the run.
        run: the run.
        algorithm: the algorithm that the caller names, see `gmbench.runs.trust`.

    Raises:
        UsageError: the checkpoint is missing or damaged, or the algorithm of the run is not allowed or cannot
            be made. It is damaged, too, if weights are not finite of a seed that did not diverge.
    """
    assert run.out is not None
    settings = Settings.from_manifest(run.manifest, run.out / MANIFEST)
    allow_algorithm(settings.algorithm, algorithm, run.out)
    params = jax.eval_shape(lambda: task.env.default_params)
    like = policy_shapes(make_algorithm(task, settings), params, (settings.seeds,))
    digest = run.manifest.get(STORED, {}).get(results.CHECKPOINT)
    restored: Policy = policies.restore(run.out / results.CHECKPOINT, like, digest)
    broken = set(np.flatnonzero(diverged(restored, settings.seeds)).tolist()) - set(run.manifest["diverged"])
    if broken:
        seeds = ", ".join(map(str, sorted(broken)))
        raise UsageError(
            f"the checkpoint in {run.out} is damaged, its weights of seed {seeds} are not finite; "
            "the run must be repeated"
        )
    return restored
