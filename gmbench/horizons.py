"""How an auto-induced shift grows with the horizon: ``python -m gmbench.horizons RUN PICTURE.png``.

The agents of a run on feed-v1, trained on single days of users whose taste is fresh, meet such users for more
and more days. What they recommend moves the tastes that they go by: nothing else shifts.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from gmbench.agents.reference import PlannedPolicy, StateNumbers, optimal_actions
from gmbench.benchmarks.evaluation import evaluate
from gmbench.benchmarks.tasks import load_task
from gmbench.calibrating import load_policies
from gmbench.envs.feed import ENGAGEMENT, MOST_DAYS, VALUE, Feed, FeedLevels
from gmbench.envs.levels import generate
from gmbench.errors import UsageError
from gmbench.evaluating import evaluation_keys
from gmbench.figures.style import COLUMN, INK, STYLE, goal_colours, legend, tidy
from gmbench.rescoring import load_scored

TASK = "feed-v1"
ITEMS = 6
"""Recommendations in a day."""
DAYS = tuple(days for days in (1, 2, 4, 6, 8, 12, 16) if days <= MOST_DAYS)
LEVELS = 256


@dataclasses.dataclass(frozen=True)
class Horizons:
    """What agents got of users who are there for so many days, and what could be had.

    Attributes:
        days: the horizons.
        agents: float[days, seeds, goals], mean return on each goal for a recommendation.
        best: float[days, goals], the same of the policy that is optimal for each goal on that goal.
    """

    days: tuple[int, ...]
    agents: np.ndarray
    best: np.ndarray

    @property
    def loss(self) -> np.ndarray:
        """Which part of the value that could be had was lost: float[days, seeds]."""
        return 1.0 - self.agents[..., 0] / self.best[:, None, 0]


def by_days(policies: Any, keys: jax.Array, days: tuple[int, ...] = DAYS, levels: int = LEVELS) -> Horizons:
    """Plays policies, stacked on axis 0 and with a key each, on the same users for more and more days."""
    agents, best = [], []
    for horizon in days:
        generator = FeedLevels(taste="fresh", items=(ITEMS,), days=(horizon,))
        pool = generate(generator, jax.random.key(0), levels)
        env, offers = Feed(time_limit=ITEMS * horizon), ITEMS * horizon
        planner = dataclasses.replace(load_task(TASK).planner, env=env)
        plans = PlannedPolicy(optimal_actions(planner, pool), jnp.zeros(len(env.goals), bool))
        players = ((policies, keys, None), (plans, jax.random.split(keys[0], 2), StateNumbers(env)))
        returns = [
            evaluate(env, who, pool, own, first_only=False, discount=1.0, observe=observe).returns.mean(
                axis=1
            )
            for who, own, observe in players
        ]
        agents.append(returns[0] / offers)
        best.append(np.diagonal(returns[1]) / offers)
    return Horizons(days, np.array(agents), np.array(best))


@matplotlib.rc_context(STYLE)
def draw(horizons: Horizons) -> Figure:
    """Returns of each goal against the days: the mean over seeds, every seed, and the best, dashed."""
    figure = Figure(figsize=(COLUMN, 2.4), layout="constrained")
    axes = figure.subplots()
    handles = []
    for goal, colour in enumerate(goal_colours(2)):
        name = (VALUE, ENGAGEMENT)[goal].name
        handles += axes.plot(horizons.days, horizons.agents[..., goal].mean(axis=1), color=colour, label=name)
        axes.plot(horizons.days, horizons.agents[..., goal], color=colour, linewidth=0.4, alpha=0.5)
    label = f"best possible {VALUE.name}"
    handles += axes.plot(horizons.days, horizons.best[:, 0], color=INK, linestyle="--", label=label)
    axes.set(xlabel="days with a user", ylabel="return for a recommendation", ylim=(0, None))
    tidy(axes)
    legend(figure, handles)
    return figure


def main(run: str, out: str) -> None:
    """Plays the agents of a run, prints a line for each horizon, and saves the figure."""
    task, stored = load_scored(Path(run))
    if task.id != TASK:
        raise UsageError(f"the run in {run} is of {task.id}, not of {TASK}")
    horizons = by_days(load_policies(task, stored), evaluation_keys(range(stored.scores["seeds"])))
    for days, agents, best, loss in zip(
        horizons.days, horizons.agents.mean(axis=1), horizons.best, horizons.loss.mean(axis=1), strict=True
    ):
        print(
            f"{days:3} days: value {agents[0]:.3f} of {best[0]:.3f} (loss {loss:.3f}), "
            f"engagement {agents[1]:.3f} of {best[1]:.3f}"
        )
    draw(horizons).savefig(out, dpi=200)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m gmbench.horizons RUN PICTURE.png")
    main(*sys.argv[1:])
