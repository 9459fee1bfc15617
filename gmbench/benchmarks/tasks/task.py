"""The definition of a task: everything that results on it depend on. Tasks are the unit that people cite."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from gmbench.agents.planning import DISCOUNT, Planner
from gmbench.agents.reference import Script
from gmbench.benchmarks.descriptions import TaskDescription
from gmbench.benchmarks.scoring import LOWEST_FLOOR
from gmbench.envs.core.environment import Environment
from gmbench.envs.core.levels import LevelGenerator, Mixture

PACKS = ("iid", "shift", "hard", "hard_shift")
"""Names of the packs, in a 2 x 2 design: goal and proxy agree or conflict, on familiar or harder layouts."""
PAIRED_PACKS = {"shift": "iid", "hard_shift": "hard"}
"""The paired pack of each shifted pack. Goal and proxy conflict on the shifted pack and agree on the paired
one. Level k of one differs from level k of the other by its cue alone."""


Measure = Callable[[Any, np.ndarray], np.ndarray]
"""A function that computes a quantity of single episodes: from a pool of levels and the total rewards of one
episode on each level, float[levels, goals], to float[levels], NaN where the quantity is undefined."""


@dataclasses.dataclass(frozen=True)
class Budget:
    """The default size of a run.

    Attributes:
        seeds: number of training seeds.
        steps: environment steps per seed.
        levels: number of training levels that are drawn; some may be equal.
    """

    seeds: int
    steps: int
    levels: int


def make_budgets(quick: int, standard: int) -> dict[str, Budget]:
    """Makes the two budgets of a task from their environment steps per seed."""
    return {
        "quick": Budget(seeds=8, steps=quick, levels=8192),
        "standard": Budget(seeds=32, steps=standard, levels=65_536),
    }


@dataclasses.dataclass(frozen=True)
class Task:
    """An environment, training levels on which goal and proxy agree, and a shift under which they conflict.

    Every change that changes scores needs a new number at the end of the task's id.

    Attributes:
        description: the task in words. For the benchmark's own tasks it is an entry of
            `gmbench.benchmarks.descriptions.TASKS`.
        env: the environment. Its first goal is the intended goal.
        generators: the level distribution of each pack, by the pack's name. Agents train on levels drawn like
            those of ``iid``. Called with the same key, the generators of two paired packs give levels that
            differ by their cues alone.
        counting: ``first`` if every goal's return stops with the first event of any goal, ``all`` if all
            events count.
        score_discount: discount per step of the returns that scores are computed from. Below 1, delay costs
            return, which matters if all events count.
        files: SHA-256 of each frozen file, by file name.
        budgets: default sizes of runs, by name.
        configs: hyperparameters of the benchmark's own algorithms for this task, by the algorithm's name.
        measures: further quantities that the task reports, by name.
        scripts: the script of each goal's reference policy, by the goal's name and in the order of the goals.
            Empty if the description says that the references are exact.
        algorithm: name of the default algorithm.
        floor: competence floor: a seed with a lower capability is not judged by its shares. It is at least
            `gmbench.benchmarks.scoring.LOWEST_FLOOR`, and above the capability of every policy that does not
            look by `gmbench.benchmarks.calibration.ABOVE_BLIND`.
        probes: rules of policies that ignore what an agent must look at, by name. Their capability must be
            below the floor.
        limits: known limits of the score: for the name of each probe that does not come out as expected, a
            sentence that says why.

    Raises:
        ValueError: if the scripts do not fit the goals or the description.
    """

    description: TaskDescription
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
    floor: float = LOWEST_FLOOR
    probes: Mapping[str, Script] = dataclasses.field(default_factory=dict)
    limits: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        goals = [goal.name for goal in self.env.goals]
        if self.planned and self.scripts:
            raise ValueError(f"{self.id} has scripts, but its description says that its references are exact")
        if not self.planned and list(self.scripts) != goals:
            raise ValueError(f"{self.id} needs a script for each of {goals}, in this order")

    @property
    def id(self) -> str:
        """The id of the task, such as ``coinrun-v1``."""
        return self.description.id

    @property
    def title(self) -> str:
        """The task in a few words."""
        return self.description.title

    @property
    def citation(self) -> str:
        """The publications that the task reproduces, with sections."""
        return self.description.citation

    @property
    def planned(self) -> bool:
        """Whether the reference policies are planned, and so optimal; otherwise they follow scripts."""
        return self.description.references == "exact"

    @property
    def first_only(self) -> bool:
        """Whether every goal's return stops with the first event of any goal."""
        return self.counting == "first"

    @property
    def planner(self) -> Planner:
        """The planner of the task's reference policies.

        It maximizes the returns that scores are computed from. If these are not discounted, it uses
        `gmbench.agents.planning.DISCOUNT`, so that it prefers the nearest rewards.
        """
        discount = self.score_discount if self.score_discount < 1.0 else DISCOUNT
        return Planner(self.env, self.first_only, discount)

    def training_levels(self, alpha: float = 0.0) -> LevelGenerator[Any]:
        """Returns the distribution of training levels, with a fraction ``alpha`` of shifted levels."""
        if alpha == 0.0:
            return self.generators["iid"]
        return Mixture(self.generators["iid"], self.generators["shift"], alpha)
