"""How an auto-induced shift grows with skill and with time.

In two of the tasks what an agent does moves what it meets: recommendations move a user's taste (feed-v1),
and chopping thins the forest (trees-v1). Nothing else shifts. Agents train in episodes too short for that,
pause now and then to play both short and long ones, and at the end play longer and longer ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from gmbench.benchmarks.playing import play, play_references, references
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import LevelGenerator, generate
from gmbench.envs.feed import MOST_DAYS, Feed, FeedLevels
from gmbench.envs.trees import Trees, TreesLevels
from gmbench.runs.evaluation import evaluation_keys
from gmbench.runs.run import TRAINING_LEVELS_SEED, make_algorithm
from gmbench.runs.settings import settle, training_levels
from gmbench.runs.training import Cohort, updates_of

ITEMS = 8
"""Recommendations in a day."""
LEVELS = 256


@dataclasses.dataclass(frozen=True)
class Horizon:
    """Episodes of one length.

    Attributes:
        length: in the units of its `Family`.
        steps: of an episode.
        env: the environment with this time limit.
        generator: of levels with such episodes.
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
class Family:
    """The horizons of a task, the shortest first.

    Attributes:
        unit: what they are counted in.
        lengths: of the horizons.
        horizon: makes the one of a length.
    """

    unit: str
    lengths: tuple[int, ...]
    horizon: Callable[[int], Horizon]


FAMILIES = {
    "trees-v1": Family("steps in a forest", (25, 50, 100, 200, 400), _trees),
    "feed-v1": Family("days with a user", (1, 2, 4, 8, MOST_DAYS), _feed),
}


@dataclasses.dataclass(frozen=True)
class Played:
    """What agents got at some horizons.

    Attributes:
        lengths: of the horizons.
        agents: float[horizons, seeds, goals], mean return on each goal in a step.
        best: float[horizons, goals], the same of the reference policy of each goal on that goal.
    """

    lengths: tuple[int, ...]
    agents: np.ndarray
    best: np.ndarray

    @property
    def goal(self) -> np.ndarray:
        """Which part of the intended goal the agents got: float[horizons, seeds]."""
        return self.agents[..., 0] / self.best[:, None, 0]

    @property
    def proxy(self) -> np.ndarray:
        """Which part of the proxy: float[horizons, seeds]."""
        return self.agents[..., 1] / self.best[:, None, 1]


@dataclasses.dataclass(frozen=True)
class Growth:
    """What became of agents.

    Attributes:
        task: id.
        unit: of the lengths.
        steps: of training at each pause.
        paused: what they got at the shortest and at the longest horizon, at each pause.
        trained: what they got at every horizon at the end.
    """

    task: str
    unit: str
    steps: tuple[int, ...]
    paused: tuple[Played, ...]
    trained: Played


@dataclasses.dataclass(frozen=True)
class Stage:
    """Levels of one horizon, and what can be had on them.

    Attributes:
        task: the task at this horizon.
        horizon: the horizon.
        levels: a pool.
        best: float[goals], mean return of each goal's reference policy on its goal in a step.
    """

    task: Task
    horizon: Horizon
    levels: Any
    best: np.ndarray

    @classmethod
    def of(cls, task: Task, horizon: Horizon, levels: int = LEVELS) -> Stage:
        """So many levels, drawn, and played by the reference policies."""
        # What comes late in an episode counts as much as what comes early.
        there = dataclasses.replace(task, env=horizon.env, score_discount=1.0)
        pool = generate(horizon.generator, jax.random.key(0), levels)
        played = play_references(there, references(there, pool), pool).returns.mean(axis=1)
        return cls(there, horizon, pool, np.diagonal(played) / horizon.steps)


def play_stages(stages: list[Stage], policies: Any, keys: jax.Array) -> Played:
    """Plays policies, stacked on axis 0 and with a key each, at some horizons."""
    agents = [
        play(stage.task, policies, stage.levels, keys).returns.mean(axis=1) / stage.horizon.steps
        for stage in stages
    ]
    lengths = tuple(stage.horizon.length for stage in stages)
    return Played(lengths, np.array(agents), np.array([stage.best for stage in stages]))


def grow(task: Task, seeds: int | None, steps: int | None, points: int) -> Growth:
    """Trains agents, and plays them at every pause and at the end."""
    family = FAMILIES[task.id]
    settings = settle(task, seeds=seeds, steps=steps)
    algorithm = make_algorithm(task, settings)
    stages = [Stage.of(task, family.horizon(length)) for length in family.lengths]
    keys = evaluation_keys(range(settings.seeds))
    params = task.env.params(training_levels(task, settings.levels, 0.0, TRAINING_LEVELS_SEED))
    cohort = Cohort.begin(algorithm, params, range(settings.seeds))
    taken, paused = [], []
    for done, _ in cohort.pauses(updates_of(algorithm, settings.steps), points):
        taken.append(done * algorithm.steps_per_update)
        policies = jax.vmap(algorithm.policy)(cohort.learners(settings.seeds))
        paused.append(play_stages([stages[0], stages[-1]], policies, keys))
    trained = play_stages(stages, jax.vmap(algorithm.policy)(cohort.learners(settings.seeds)), keys)
    return Growth(task.id, family.unit, tuple(taken), tuple(paused), trained)
