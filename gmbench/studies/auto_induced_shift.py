"""The study of auto-induced shift: how much of the goal agents lose with skill and with longer episodes.

In two tasks an agent shifts the distribution of what it meets by its own actions: recommendations change a
user's taste (feed-v1), and chopping thins out the forest (trees-v1). Nothing else shifts. The agents train
in episodes that are too short for this to matter. At pauses during training they are evaluated at the
shortest and at the longest horizon, and at the end at every horizon.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from gmbench.benchmarks.playing import play, play_references, reference_policies
from gmbench.benchmarks.tasks.task import Task
from gmbench.benchmarks.training_levels import TRAINING_LEVELS_SEED, training_levels
from gmbench.checks import check_whole
from gmbench.envs.core.levels import LevelGenerator, generate
from gmbench.envs.feed import MOST_DAYS, Feed, FeedLevels
from gmbench.envs.trees import Trees, TreesLevels
from gmbench.runs.algorithms import check_updates, make_algorithm
from gmbench.runs.blocks import updates_of
from gmbench.runs.evaluation import evaluation_keys
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.training_programs import Cohort

ITEMS = 8
"""Recommendations in a day."""
LEVELS = 256
"""Levels on which agents are evaluated at each horizon."""


@dataclasses.dataclass(frozen=True)
class Horizon:
    """A horizon: the length of the episodes in which agents are evaluated.

    Attributes:
        length: the length in the unit of `TaskHorizons`.
        steps: the length in environment steps.
        env: the environment with this time limit.
        generator: draws levels whose episodes have this length.
    """

    length: int
    steps: int
    env: Feed | Trees
    generator: LevelGenerator[Any]


def _feed(days: int) -> Horizon:
    levels = FeedLevels(taste="fresh", items=(ITEMS,), days=(days,))
    return Horizon(days, ITEMS * days, Feed(time_limit=ITEMS * days), levels)


def _trees(steps: int) -> Horizon:
    return Horizon(steps, steps, Trees(), TreesLevels(length=steps))


@dataclasses.dataclass(frozen=True)
class TaskHorizons:
    """The horizons at which the agents of a task are evaluated.

    Attributes:
        units: the unit of the lengths in words, of one and of several.
        lengths: the lengths of the horizons, the shortest first.
        horizon: makes the horizon of a given length.
    """

    units: tuple[str, str]
    lengths: tuple[int, ...]
    horizon: Callable[[int], Horizon]


TASK_HORIZONS = {
    "trees-v1": TaskHorizons(("step in a forest", "steps in a forest"), (25, 50, 100, 200, 400), _trees),
    "feed-v1": TaskHorizons(("day with a user", "days with a user"), (1, 2, 4, 8, MOST_DAYS), _feed),
}
"""The horizons of every task with an auto-induced shift, by the id of the task."""


def in_words(length: int, units: Sequence[str]) -> str:
    """Returns a length with its unit.

    Args:
        length: the length.
        units: the unit in words, of one and of several.
    """
    return f"{length:,} {units[length != 1]}"


@dataclasses.dataclass(frozen=True)
class HorizonReturns:
    """The returns of agents at some horizons, and those of the reference policies.

    Attributes:
        lengths: the lengths of the horizons.
        agents: float[horizons, seeds, goals], the mean return per step on each goal.
        best: float[horizons, goals], the mean return per step that each goal's reference policy gets on it.
    """

    lengths: tuple[int, ...]
    agents: np.ndarray
    best: np.ndarray

    @property
    def goal(self) -> np.ndarray:
        """The agents' fraction of the reference return on the intended goal: float[horizons, seeds]."""
        return self.agents[..., 0] / self.best[:, None, 0]

    @property
    def proxy(self) -> np.ndarray:
        """The agents' fraction of the reference return on the proxy: float[horizons, seeds]."""
        return self.agents[..., 1] / self.best[:, None, 1]

    def ends(self) -> HorizonReturns:
        """Returns the same for the first and the last horizon only."""
        return HorizonReturns((self.lengths[0], self.lengths[-1]), self.agents[[0, -1]], self.best[[0, -1]])


@dataclasses.dataclass(frozen=True)
class ShiftStudy:
    """The results of the study on one task.

    Attributes:
        task: id of the task.
        units: the unit of the lengths of horizons in words, of one and of several.
        steps: the environment steps per seed that training had taken at each pause.
        pauses: the returns at the shortest and at the longest horizon, at each pause.
        trained: the returns at every horizon at the end of training.
    """

    task: str
    units: tuple[str, str]
    steps: tuple[int, ...]
    pauses: tuple[HorizonReturns, ...]
    trained: HorizonReturns


@dataclasses.dataclass(frozen=True)
class HorizonLevels:
    """Levels of one horizon, and the returns of the reference policies on them.

    Attributes:
        task: the task with the environment of this horizon, without a discount.
        horizon: the horizon.
        levels: a pool of levels.
        best: float[goals], the mean return per step that each goal's reference policy gets on its goal.
    """

    task: Task
    horizon: Horizon
    levels: Any
    best: np.ndarray

    @classmethod
    def draw(cls, task: Task, horizon: Horizon, levels: int = LEVELS) -> HorizonLevels:
        """Draws a number of levels, and plays the reference policies on them."""
        # Late events must count as much as early ones, so returns are not discounted.
        at_horizon = dataclasses.replace(task, env=horizon.env, score_discount=1.0)
        pool = generate(horizon.generator, jax.random.key(0), levels)
        episodes = play_references(at_horizon, reference_policies(at_horizon, pool), pool)
        returns = episodes.returns.mean(axis=1)
        return cls(at_horizon, horizon, pool, np.diagonal(returns) / horizon.steps)


def evaluate_horizons(horizons: Sequence[HorizonLevels], policies: Any, keys: jax.Array) -> HorizonReturns:
    """Plays policies on the levels of some horizons.

    Args:
        horizons: the levels of each horizon.
        policies: one per seed, stacked on axis 0.
        keys: [seeds], for what the policies draw.
    """
    agents = [
        play(at.task, policies, at.levels, keys).returns.mean(axis=1) / at.horizon.steps for at in horizons
    ]
    lengths = tuple(at.horizon.length for at in horizons)
    return HorizonReturns(lengths, np.array(agents), np.array([at.best for at in horizons]))


def study_shift(task: Task, seeds: int | None, steps: int | None, points: int) -> ShiftStudy:
    """Trains agents and evaluates them at pauses and at the end.

    Args:
        task: a task of `TASK_HORIZONS`.
        seeds: training seeds; None for those of the quick budget.
        steps: environment steps per seed; None for those of the quick budget.
        points: number of pauses, from 1 to the number of updates; the last one is at the end of training.

    Raises:
        UsageError: a number is out of range.
    """
    plan = TASK_HORIZONS[task.id]
    settings = Settings.resolve(task, RunOptions(seeds=seeds, steps=steps))
    algorithm = make_algorithm(task, settings)
    check_updates(settings, algorithm)
    points = check_whole("points", points, 1, updates_of(algorithm, settings.steps))
    horizons = [HorizonLevels.draw(task, plan.horizon(length)) for length in plan.lengths]
    keys = evaluation_keys(range(settings.seeds))
    params = task.env.params(training_levels(task, settings.levels, 0.0, TRAINING_LEVELS_SEED))
    cohort = Cohort.start(algorithm, params, range(settings.seeds))
    taken: list[int] = []
    pauses: list[HorizonReturns] = []
    for done, _ in cohort.train_with_pauses(updates_of(algorithm, settings.steps), points):
        taken.append(done * algorithm.steps_per_update)
        policies = jax.vmap(algorithm.policy)(cohort.learners(settings.seeds))
        at_end = len(taken) == points
        pauses.append(evaluate_horizons(horizons if at_end else [horizons[0], horizons[-1]], policies, keys))
    trained = pauses[-1]
    return ShiftStudy(task.id, plan.units, tuple(taken), (*pauses[:-1], trained.ends()), trained)
