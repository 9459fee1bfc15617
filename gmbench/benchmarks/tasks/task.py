"""What a task is: the unit that people cite."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from gmbench.agents.planning import DISCOUNT, Planner
from gmbench.agents.reference import Script
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import LevelGenerator, Mixture

PACKS = ("iid", "shift", "hard", "hard_shift")
"""The 2 x 2 design: goal and proxy agree or come apart, on familiar or on harder layouts."""
PAIRED_PACKS = {"shift": "iid", "hard_shift": "hard"}
"""Level k of a pack where goal and proxy come apart is level k of its twin with only the cue moved."""


Measure = Callable[[Any, np.ndarray], np.ndarray]
"""A figure of single episodes: from a pool of levels and the totals of one episode on each, float[levels,
goals], to float[levels], NaN where it means nothing."""


@dataclasses.dataclass(frozen=True)
class Budget:
    """How much a run spends unless told otherwise.

    Attributes:
        seeds: training seeds.
        steps: environment steps for each of them.
        levels: different training levels.
    """

    seeds: int
    steps: int
    levels: int


@dataclasses.dataclass(frozen=True)
class Task:
    """An environment, a training distribution in which goal and proxy agree, and a shift that parts them.

    Whatever alters scores, alters the number at the end of the id.

    Attributes:
        id: such as ``coinrun-v1``.
        title: in a few words.
        source: what it reproduces.
        env: the environment; its first goal is the intended one.
        generators: the level distribution behind each pack; agents train on that of ``iid``. The two of
            a twin pair give levels that differ by their cues alone when called with the same key.
        counting: ``first`` if every goal's return stops with the first event of any goal, else ``all``.
        score_discount: of the returns that are scored, per step; below 1 where all events count, so that
            delay costs.
        files: SHA-256 of each frozen file, by name.
        budgets: by name.
        configs: settings of our own learners that suit the task, by the learner's name.
        measures: figures that the task reports beside its score, by name.
        scripts: where the states are too many to be planned, what the reference policy of each goal does,
            by the goal's name. Empty where the references are planned.
        algorithm: the learner that it is run with unless told otherwise.
    """

    id: str
    title: str
    source: str
    env: Environment[Any, Any]
    generators: Mapping[str, LevelGenerator[Any]]
    counting: Literal["first", "all"]
    score_discount: float
    files: Mapping[str, str]
    budgets: Mapping[str, Budget]
    configs: Mapping[str, Any]
    measures: Mapping[str, Measure] = dataclasses.field(default_factory=dict)
    scripts: Mapping[str, Script] = dataclasses.field(default_factory=dict)
    algorithm: str = "ppo"

    def __post_init__(self) -> None:
        goals = [goal.name for goal in self.env.goals]
        if self.scripts and list(self.scripts) != goals:
            raise ValueError(f"{self.id} needs a script for each of {goals}, in this order")

    @property
    def planned(self) -> bool:
        """Whether its reference policies are planned exactly; if not, they are scripted, and good at best."""
        return not self.scripts

    @property
    def first_only(self) -> bool:
        """Whether returns stop with the first event of any goal."""
        return self.counting == "first"

    @property
    def planner(self) -> Planner:
        """Plans for the returns that are scored; where these are not discounted, for the nearest of them."""
        discount = self.score_discount if self.score_discount < 1.0 else DISCOUNT
        return Planner(self.env, self.first_only, discount)

    def training_levels(self, alpha: float = 0.0) -> LevelGenerator[Any]:
        """What agents train on: ``alpha`` is the fraction of levels from the shifted distribution."""
        if alpha == 0.0:
            return self.generators["iid"]
        return Mixture(self.generators["iid"], self.generators["shift"], alpha)
