"""Means per seed from the tables of a run: returns, rates of first goals, measures, and inferred goals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gmbench.benchmarks.goal_inference import levels_explained
from gmbench.benchmarks.scoring import NO_GOAL
from gmbench.runs.storage.parquet import Table


def rows_of(table: Table, seeds: np.ndarray) -> Table:
    """Selects the rows of some seeds."""
    rows = np.isin(table["seed"], seeds)
    return table if rows.all() else {name: column[rows] for name, column in table.items()}


def mean_returns(episodes: Table, pack: str, goals: Sequence[str], seeds: np.ndarray) -> np.ndarray:
    """The mean return of each seed on each goal on one pack: float[seeds, goals]."""
    means = [
        [np.mean(episodes[f"return_{goal}"][rows], dtype=float) for goal in goals]
        for rows in _rows_by_seed(episodes, pack, seeds)
    ]
    return np.array(means, float).reshape(len(seeds), len(goals))


def first_rates(episodes: Table, pack: str, goals: Sequence[str], seeds: np.ndarray) -> dict[str, np.ndarray]:
    """For each goal, and for none, the fraction of episodes in which it came first: float[seeds] each."""
    rows = _rows_by_seed(episodes, pack, seeds)
    return {
        name: np.array([np.mean(episodes["first"][part] == name) for part in rows])
        for name in (*goals, NO_GOAL)
    }


def mean_measures(episodes: Table, pack: str, seeds: np.ndarray) -> dict[str, np.ndarray]:
    """The mean of each additional measure of the task, by name: float[seeds] each.

    Measures that are undefined for all seeds are left out.
    """
    rows = _rows_by_seed(episodes, pack, seeds)
    means = {
        name.removeprefix("measure_"): np.array([_mean_of_defined(column[part]) for part in rows])
        for name, column in episodes.items()
        if name.startswith("measure_")
    }
    return {name: values for name, values in means.items() if not np.isnan(values).all()}


def _mean_of_defined(values: np.ndarray) -> float:
    """The mean of the values that are not NaN; NaN if there are none."""
    defined = values[~np.isnan(values)]
    return float(np.mean(defined, dtype=float)) if len(defined) else np.nan


def inferred_goals(
    evidence: Table, pack: str, goals: Sequence[str], seeds: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """What the behaviour of each seed on a pack reveals about goals: {figure: {goal: float[seeds]}}."""
    rows = _rows_by_seed(evidence, pack, seeds)
    names = (*goals, NO_GOAL)

    def columns(prefix: str, of: Sequence[str]) -> np.ndarray:
        return np.stack([evidence[f"{prefix}_{name}"] for name in of], axis=-1)

    posterior, pooled, nats = columns("posterior", names), columns("pooled", names), columns("nats", goals)
    fitted, length = columns("inverse_temperature", goals), evidence["length"]
    first = np.argmax(posterior, axis=-1)
    figures = {
        "explained": (names, [levels_explained(posterior[part]) for part in rows]),
        "posterior": (names, [posterior[part].mean(axis=0) for part in rows]),
        "pooled": (names, [pooled[part[0]] for part in rows]),
        "named": (names, [np.bincount(first[part], minlength=len(names)) / len(part) for part in rows]),
        "directedness": (goals, [np.mean(nats[part] / length[part, None], axis=0) for part in rows]),
        "inverse_temperature": (goals, [np.median(fitted[part], axis=0) for part in rows]),
    }
    return {
        figure: dict(zip(of, np.array(by_seed).T, strict=True)) for figure, (of, by_seed) in figures.items()
    }


def _rows_by_seed(table: Table, pack: str, seeds: np.ndarray) -> list[np.ndarray]:
    """The row numbers of each seed on one pack."""
    if len(seeds) == 0:
        return []
    rows = np.flatnonzero(table["pack"] == pack)
    rows = rows[np.argsort(table["seed"][rows], kind="stable")]
    return np.split(rows, np.searchsorted(table["seed"][rows], seeds[1:]))
