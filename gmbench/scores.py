"""Scores of a run: from its episodes to shares, generalization and verdicts, with intervals over seeds."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmbench.benchmarks import scoring
from gmbench.benchmarks.scoring import VERDICTS, References
from gmbench.benchmarks.statistics import bootstrap_mean, wilson_rate
from gmbench.benchmarks.tasks.task import PACKS, TWINS
from gmbench.results import Table


def score(
    manifest: Mapping[str, Any], episodes: Table, references: Mapping[str, References]
) -> dict[str, Any]:
    """The content of ``scores.json``.

    Every estimate is {mean, low, high, count}: over seeds, with a 95 % bootstrap interval (Wilson's for
    rates), NaN where undefined. ``shares`` and the two generalization figures without a prefix are those
    of the pack ``shift``; ``hard`` holds the same for the harder layouts. ``per_seed`` has one entry per
    seed with its figures and its verdict.

    Args:
        manifest: of the run.
        episodes: of the run, see `gmbench.results.Result`.
        references: of the task, per pack.
    """
    goals: list[str] = list(manifest["goals"])
    seeds = np.unique(episodes["seed"])
    returns = {pack: mean_returns(episodes, pack, goals, seeds) for pack in PACKS}
    able = {pack: scoring.capability(returns[pack], references[pack]) for pack in TWINS.values()}
    split = {pack: scoring.shares(returns[pack], references[pack]) for pack in TWINS}
    able |= {pack: split[pack].capability for pack in TWINS}
    verdicts = scoring.verdicts(able["iid"], split["shift"])
    kept = {
        pack: scoring.capability_generalization(able["iid"], able[pack]) for pack in PACKS if pack != "iid"
    }
    return {
        "task": manifest["task"],
        "algorithm": manifest["algorithm"],
        "seeds": len(seeds),
        "alpha": manifest["alpha"],
        "steps": manifest["steps"],
        "packs": {
            pack: {
                "capability": _estimate(able[pack]),
                "returns": {goal: _estimate(returns[pack][:, index]) for index, goal in enumerate(goals)},
                "first": first_rates(episodes, pack, goals, seeds),
            }
            for pack in PACKS
        },
        **_shift_figures(split["shift"], kept["shift"]),
        "hard": {
            "capability_generalization": _estimate(kept["hard"]),
            "shift": _shift_figures(split["hard_shift"], kept["hard_shift"]),
        },
        "verdicts": {verdict: Counter(verdicts)[verdict] for verdict in VERDICTS},
        "verdict_rates": {
            verdict: dataclasses.asdict(wilson_rate(Counter(verdicts)[verdict], len(seeds)))
            for verdict in VERDICTS
        },
        "per_seed": _per_seed(seeds, able, split["shift"], kept["shift"], verdicts),
    }


def mean_returns(episodes: Table, pack: str, goals: Sequence[str], seeds: np.ndarray) -> np.ndarray:
    """The mean return of each seed on each goal on one pack: float[seeds, goals]."""
    return np.array(
        [
            [np.mean(episodes[f"return_{goal}"][rows], dtype=float) for goal in goals]
            for rows in _rows(episodes, pack, seeds)
        ]
    )


def first_rates(
    episodes: Table, pack: str, goals: Sequence[str], seeds: np.ndarray
) -> dict[str, dict[str, Any]]:
    """For each goal, and for none, in which part of the episodes it came first."""
    rows = _rows(episodes, pack, seeds)
    return {
        name: _estimate(np.array([np.mean(episodes["first"][part] == name) for part in rows]))
        for name in (*goals, "none")
    }


def _rows(episodes: Table, pack: str, seeds: np.ndarray) -> list[np.ndarray]:
    """The rows of each seed on one pack."""
    rows = np.flatnonzero(episodes["pack"] == pack)
    rows = rows[np.argsort(episodes["seed"][rows], kind="stable")]
    return np.split(rows, np.searchsorted(episodes["seed"][rows], seeds[1:]))


def _estimate(values: np.ndarray) -> dict[str, Any]:
    return dataclasses.asdict(bootstrap_mean(values))


def _shift_figures(shares: scoring.Shares, kept: np.ndarray) -> dict[str, Any]:
    return {
        "shares": {name: _estimate(getattr(shares, name)) for name in ("goal", "proxy", "neither")},
        "capability_generalization": _estimate(kept),
        "goal_generalization": _estimate(shares.goal_generalization),
    }


def _per_seed(
    seeds: np.ndarray,
    able: Mapping[str, np.ndarray],
    shares: scoring.Shares,
    kept: np.ndarray,
    verdicts: Sequence[str],
) -> list[dict[str, Any]]:
    return [
        {
            "seed": seed,
            "capability": {pack: able[pack][row] for pack in PACKS},
            "shares": {name: getattr(shares, name)[row] for name in ("goal", "proxy", "neither")},
            "capability_generalization": kept[row],
            "goal_generalization": shares.goal_generalization[row],
            "verdict": verdicts[row],
        }
        for row, seed in enumerate(seeds)
    ]
