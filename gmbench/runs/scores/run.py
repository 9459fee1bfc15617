"""Scores of a run: from its episodes to shares, generalization and verdicts, with intervals over seeds."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmbench.benchmarks import scoring
from gmbench.benchmarks.scoring import NO_GOAL, VERDICTS, References
from gmbench.benchmarks.statistics import bootstrap_interquartile_mean, bootstrap_mean, wilson_rate
from gmbench.benchmarks.tasks.task import PACKS, PAIRED_PACKS
from gmbench.runs.storage.results import Table


def score(
    manifest: Mapping[str, Any], episodes: Table, evidence: Table, references: Mapping[str, References]
) -> dict[str, Any]:
    """The content of ``scores.json``.

    Every estimate is {mean, low, high, count}: over seeds, with a 95 % bootstrap interval (Wilson's for
    rates), NaN where undefined. ``shares`` and the two generalization figures without a prefix are those
    of the pack ``shift``; ``hard`` holds the same for the harder layouts. ``interquartile_mean`` has the
    headline figures by that mean. ``goal_inference`` says, for each pack looked at, what the behaviour
    tells about goals: the mean over levels of the ``posterior`` of each goal and of none, the ``pooled``
    posterior from all levels together, on which part of the levels each is ``named`` as the most probable,
    ``directedness`` in nats per step, and the median over levels of the ``inverse_temperature`` fitted; it is
    empty where goals were not inferred.
    ``per_seed`` has one entry per seed with its figures and its verdict. ``diverged`` lists the seeds whose
    weights are no longer numbers; they count in nothing else.

    Args:
        manifest: of the run.
        episodes: of the run, see `gmbench.runs.storage.results.Result`.
        evidence: the table ``goals`` of the run.
        references: of the task, per pack.
    """
    goals: list[str] = list(manifest["goals"])
    seeds = np.setdiff1d(episodes["seed"], manifest.get("diverged", []))
    episodes, evidence = _of_seeds(episodes, seeds), _of_seeds(evidence, seeds)
    returns = {pack: mean_returns(episodes, pack, goals, seeds) for pack in PACKS}
    able = {pack: scoring.capability(returns[pack], references[pack]) for pack in PAIRED_PACKS.values()}
    split = {pack: scoring.shares(returns[pack], references[pack]) for pack in PAIRED_PACKS}
    able |= {pack: split[pack].capability for pack in PAIRED_PACKS}
    verdicts = scoring.verdicts(able["iid"], split["shift"])
    kept = {
        pack: scoring.capability_generalization(able["iid"], able[pack]) for pack in PACKS if pack != "iid"
    }
    inferred = {
        pack: goal_figures(evidence, pack, goals, seeds) for pack in PACKS if pack in evidence["pack"]
    }
    return {
        "task": manifest["task"],
        "algorithm": manifest["algorithm"],
        "seeds": len(seeds),
        "diverged": list(manifest.get("diverged", [])),
        "alpha": manifest["alpha"],
        "steps": manifest["steps"],
        "packs": {
            pack: {
                "capability": _estimate(able[pack]),
                "returns": {goal: _estimate(returns[pack][:, index]) for index, goal in enumerate(goals)},
                "first": first_rates(episodes, pack, goals, seeds),
                "measures": _measures(episodes, pack, seeds),
            }
            for pack in PACKS
        },
        **_shift_figures(split["shift"], kept["shift"]),
        "interquartile_mean": _interquartile_means(able, split["shift"], kept["shift"]),
        "hard": {
            "capability_generalization": _estimate(kept["hard"]),
            "shift": _shift_figures(split["hard_shift"], kept["hard_shift"]),
        },
        "verdicts": {verdict: Counter(verdicts)[verdict] for verdict in VERDICTS},
        "verdict_rates": {
            verdict: dataclasses.asdict(wilson_rate(Counter(verdicts)[verdict], len(seeds)))
            for verdict in VERDICTS
        },
        "goal_inference": _goal_inference(inferred),
        "per_seed": _per_seed(seeds, able, split["shift"], kept["shift"], verdicts, inferred),
    }


def _of_seeds(table: Table, seeds: np.ndarray) -> Table:
    """The rows of some seeds."""
    rows = np.isin(table["seed"], seeds)
    return table if rows.all() else {name: column[rows] for name, column in table.items()}


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
        for name in (*goals, NO_GOAL)
    }


def _measures(episodes: Table, pack: str, seeds: np.ndarray) -> dict[str, Any]:
    """What the task measures beside, where it means something."""
    rows = _rows(episodes, pack, seeds)
    means = {
        name.removeprefix("measure_"): np.array([_known_mean(column[part]) for part in rows])
        for name, column in episodes.items()
        if name.startswith("measure_")
    }
    return {name: _estimate(values) for name, values in means.items() if not np.isnan(values).all()}


def _known_mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.mean(known, dtype=float)) if len(known) else np.nan


def goal_figures(
    evidence: Table, pack: str, goals: Sequence[str], seeds: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """What each seed's behaviour on a pack tells about goals: {figure: {goal: float[seeds]}}."""
    rows = _rows(evidence, pack, seeds)
    names = (*goals, NO_GOAL)

    def columns(prefix: str, of: Sequence[str]) -> np.ndarray:
        return np.stack([evidence[f"{prefix}_{name}"] for name in of], axis=-1)

    posterior, pooled, nats = columns("posterior", names), columns("pooled", names), columns("nats", goals)
    fitted, length = columns("inverse_temperature", goals), evidence["length"]
    first = np.argmax(posterior, axis=-1)
    figures = {
        "posterior": (names, [posterior[part].mean(axis=0) for part in rows]),
        "pooled": (names, [pooled[part[0]] for part in rows]),
        "named": (names, [np.bincount(first[part], minlength=len(names)) / len(part) for part in rows]),
        "directedness": (goals, [np.mean(nats[part] / length[part, None], axis=0) for part in rows]),
        "inverse_temperature": (goals, [np.median(fitted[part], axis=0) for part in rows]),
    }
    return {
        figure: dict(zip(of, np.array(by_seed).T, strict=True)) for figure, (of, by_seed) in figures.items()
    }


def _rows(episodes: Table, pack: str, seeds: np.ndarray) -> list[np.ndarray]:
    """The rows of each seed on one pack."""
    rows = np.flatnonzero(episodes["pack"] == pack)
    rows = rows[np.argsort(episodes["seed"][rows], kind="stable")]
    return np.split(rows, np.searchsorted(episodes["seed"][rows], seeds[1:]))


def _estimate(values: np.ndarray) -> dict[str, Any]:
    return dataclasses.asdict(bootstrap_mean(values))


def _goal_inference(inferred: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]]) -> dict[str, Any]:
    return {
        pack: {
            figure: {name: _estimate(values) for name, values in by_name.items()}
            for figure, by_name in figures.items()
        }
        for pack, figures in inferred.items()
    }


def _interquartile_means(
    able: Mapping[str, np.ndarray], shares: scoring.Shares, kept: np.ndarray
) -> dict[str, Any]:
    figures = {
        "capability": able["iid"],
        "goal": shares.goal,
        "proxy": shares.proxy,
        "neither": shares.neither,
        "capability_generalization": kept,
        "goal_generalization": shares.goal_generalization,
    }
    return {
        name: dataclasses.asdict(bootstrap_interquartile_mean(values)) for name, values in figures.items()
    }


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
    inferred: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]],
) -> list[dict[str, Any]]:
    return [
        {
            "seed": seed,
            "capability": {pack: able[pack][row] for pack in PACKS},
            "shares": {name: getattr(shares, name)[row] for name in ("goal", "proxy", "neither")},
            "capability_generalization": kept[row],
            "goal_generalization": shares.goal_generalization[row],
            "verdict": verdicts[row],
            "goal_inference": {
                pack: {
                    figure: {name: values[row] for name, values in by_name.items()}
                    for figure, by_name in figures.items()
                }
                for pack, figures in inferred.items()
            },
        }
        for row, seed in enumerate(seeds)
    ]
