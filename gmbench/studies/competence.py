"""The study of competence: how many steps, and how many seconds, learners need to become competent.

Seeds train as in a run. At pauses their policies are evaluated, and the mean capability is recorded with the
steps and the seconds that training has taken so far; compilation and evaluation are not counted. To compare
hyperparameters, the policies are evaluated on validation levels, which are neither training levels nor
levels of a pack: a pack must not be used to choose what is then scored on it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from gmbench.agents.ppo import PPO
from gmbench.benchmarks.freeze import reference_returns
from gmbench.benchmarks.packs import references_of
from gmbench.benchmarks.playing import play
from gmbench.benchmarks.scoring import References, capability
from gmbench.benchmarks.tasks.task import Task
from gmbench.benchmarks.training_levels import TRAINING_LEVELS_SEED, training_levels
from gmbench.envs.core.levels import training_pool
from gmbench.errors import UsageError
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.blocks import updates_of
from gmbench.runs.evaluation import evaluation_keys
from gmbench.runs.settings import Settings
from gmbench.runs.training_programs import Cohort

VALIDATION_SEED, VALIDATION_LEVELS = 77, 256
"""The seed and the number of the validation levels, which are neither training levels nor in a pack."""


@dataclasses.dataclass(frozen=True)
class CurvePoint:
    """One point of a learning curve.

    Attributes:
        steps: environment steps per seed so far.
        seconds: that training has taken so far.
        capability: the mean over the seeds.
    """

    steps: int
    seconds: float
    capability: float


def learning_curve(
    task: Task, settings: Settings, algorithm: PPO, levels: Any, references: References, points: int
) -> Iterator[CurvePoint]:
    """Trains seeds side by side, and yields a point of their learning curve at each pause.

    Args:
        task: the task.
        settings: the number of seeds, of steps and of training levels.
        algorithm: the learner for one seed.
        levels: the levels on which the policies are evaluated.
        references: the returns of the reference policies on these levels.
        points: number of pauses, at equal distances; the last one is at the end of training.
    """
    params = task.env.params(training_levels(task, settings.levels, settings.alpha, TRAINING_LEVELS_SEED))
    seeds = range(settings.seeds)
    cohort = Cohort.start(algorithm, params, seeds)
    for done, seconds in cohort.train_with_pauses(updates_of(algorithm, settings.steps), points):
        policies = jax.vmap(algorithm.policy)(cohort.learners(settings.seeds))
        episodes = play(task, policies, levels, evaluation_keys(seeds))
        skill = capability(np.mean(episodes.returns, axis=1), references)
        yield CurvePoint(done * algorithm.steps_per_update, seconds, float(np.mean(skill)))


def validation_levels(task: Task) -> tuple[Any, References]:
    """Draws the validation levels of a task, and returns them with the reference returns on them."""
    levels = training_pool(task.training_levels(), jax.random.key(VALIDATION_SEED), VALIDATION_LEVELS)
    return levels, references_of(task, reference_returns(task, levels))


def make_variant(task: Task, settings: Settings, variant: dict[str, Any]) -> PPO:
    """Makes PPO with the hyperparameters of the task, except for those that a variant names.

    Args:
        task: the task.
        settings: the algorithm and the steps of the run.
        variant: values of hyperparameters by name; a list stands for a tuple, since JSON has no tuples.

    Raises:
        UsageError: PPO has no such hyperparameter, or a value is not allowed.
    """
    ppo: PPO = make_algorithm(task, settings)  # type: ignore[assignment]
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in variant.items()
    }
    try:
        config = dataclasses.replace(ppo.config, **changes)
    except (TypeError, ValueError) as error:
        raise UsageError(f"PPO cannot be made with {json.dumps(variant)}: {error}") from error
    return PPO.for_steps(ppo.env, settings.steps, config)
