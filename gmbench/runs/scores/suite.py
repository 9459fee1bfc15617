"""Scores of a suite: the headline of each task, and aggregates over all tasks and seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np

from gmbench.benchmarks.scoring import SHARES, VERDICTS
from gmbench.benchmarks.statistics import (
    FRACTION,
    UNLIMITED,
    Estimate,
    Limits,
    suite_interquartile_mean,
    suite_mean,
    wilson_rate,
)

Scores = Mapping[str, Any]
"""The scores of a run, see `gmbench.runs.scores.run.score`."""
GENERALIZATION = ("capability_generalization", "goal_generalization")
FRACTIONS = ("shares", "goal_generalization")
"""The figures of a seed that are fractions. Capability, and so K, can be negative or exceed 1."""


def score_suite(suite: str, scores: Mapping[str, Scores]) -> dict[str, Any]:
    """Computes the scores in ``suite.json``.

    ``tasks`` has the headline of each task: what was run, which seeds ``diverged``, its ``verdicts`` and
    ``verdict_rates``, and the estimates of its ``capability`` on ``iid``, of both generalization figures
    and of its ``shares``. ``interquartile_mean`` and ``mean`` have the same estimates over all tasks and
    seeds: the interquartile mean of the figures of all seeds, and the mean of the means of the tasks. Only
    for the latter do the shares sum to 1. The 95 % intervals are those of `gmbench.benchmarks.statistics`.
    An estimate is NaN if for some task no seed has the figure, because leaving that task out would make
    another suite. ``verdicts`` counts the seeds of all tasks, and ``verdict_rates`` has the rate of each
    verdict among them. Seeds that diverged are among them.

    Args:
        suite: id of the suite.
        scores: the scores of each task, by its id.
    """
    verdicts = {
        verdict: sum(scored["verdicts"][verdict] for scored in scores.values()) for verdict in VERDICTS
    }
    seeds = sum(verdicts.values())
    return {
        "suite": suite,
        "tasks": {task: _headline(scored) for task, scored in scores.items()},
        "interquartile_mean": _aggregate(scores, lambda values, limits: suite_interquartile_mean(values)),
        "mean": _aggregate(scores, lambda values, limits: suite_mean(values, limits=limits)),
        "verdicts": verdicts,
        "verdict_rates": {
            verdict: dataclasses.asdict(wilson_rate(count, seeds)) for verdict, count in verdicts.items()
        },
    }


def _headline(scored: Scores) -> dict[str, Any]:
    return {
        **{name: scored[name] for name in ("algorithm", "seeds", "diverged", "alpha", "steps", "floor")},
        "capability": scored["packs"]["iid"]["capability"],
        **{name: scored[name] for name in (*GENERALIZATION, "shares", "verdicts", "verdict_rates")},
    }


def _aggregate(
    scores: Mapping[str, Scores], aggregate: Callable[[Mapping[str, np.ndarray], Limits], Estimate]
) -> dict[str, Any]:
    """Estimates the figures of a headline over all tasks."""

    def estimate(*path: str) -> dict[str, Any]:
        """Estimates one figure; ``path`` holds its keys in the entry of a seed."""
        # Conversion to float: an undefined figure is NaN in new scores, and None in scores from a file.
        values = {
            task: np.array([reduce(getitem, path, seed) for seed in scored["per_seed"]], float)  # type: ignore[arg-type]
            for task, scored in scores.items()
        }
        return dataclasses.asdict(aggregate(values, FRACTION if path[0] in FRACTIONS else UNLIMITED))

    return {
        "capability": estimate("capability", "iid"),
        **{name: estimate(name) for name in GENERALIZATION},
        "shares": {name: estimate("shares", name) for name in SHARES},
    }


def title_parts(scores: Scores) -> list[str]:
    """The parts of a title that says what was run: suite, algorithms, numbers of seeds, and alpha."""
    tasks = scores["tasks"].values()
    seeds = sorted({task["seeds"] for task in tasks})
    most = seeds[-1]
    return [
        scores["suite"],
        ", ".join(dict.fromkeys(task["algorithm"] for task in tasks)),
        f"{seeds[0]} to {most} seeds each" if seeds[0] < most else f"{most} seed{'s' * (most > 1)} each",
        ", ".join(dict.fromkeys(f"alpha {task['alpha']:g}" for task in tasks)),
    ]
