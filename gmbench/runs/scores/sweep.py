"""Scores of a sweep: one table of all seeds, and the estimates of each condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gmbench.benchmarks.scoring import DIVERGED, SHARES
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.runs.scores.suite import GENERALIZATION
from gmbench.runs.storage.manifests import SWEPT_SETTINGS
from gmbench.runs.storage.parquet import Table
from gmbench.runs.storage.results import Result


def sweep_table(done: Mapping[str, Result]) -> Table:
    """Makes a table with one row per condition and seed.

    Columns: ``condition`` str, ``alpha`` float64, ``levels`` int64, ``seed`` int64; float64, NaN where
    undefined, ``capability_PACK`` for each pack, ``goal``, ``proxy`` and ``neither`` (shares under shift),
    ``capability_generalization`` and ``goal_generalization``; and ``verdict`` str. Seeds that diverged have a
    row with their verdict and no figures, so that rates of verdicts in the table are among all seeds.

    Args:
        done: the result of each condition, by its name.
    """
    rows = [
        _row(name, result, seed)
        for name, result in done.items()
        for seed in sorted(
            [*result.scores["per_seed"], *({"seed": seed} for seed in result.scores["diverged"])],
            key=lambda seed: int(seed["seed"]),
        )
    ]
    return {name: np.array([row[name] for row in rows], kind) for name, kind in _columns().items()}


def _columns() -> dict[str, type]:
    """The type of each column of the table."""
    numbers = (*(f"capability_{pack}" for pack in PACKS), *SHARES, *GENERALIZATION)
    swept = {"condition": str, "alpha": float, "levels": int, "seed": int}
    return {**swept, **dict.fromkeys(numbers, float), "verdict": str}


def _row(condition: str, result: Result, seed: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a seed: of its entry in ``per_seed``, or of its number alone if it diverged."""
    capability, shares = seed.get("capability", {}), seed.get("shares", {})
    return {
        "condition": condition,
        **{setting: result.manifest[setting] for setting in SWEPT_SETTINGS},
        "seed": seed["seed"],
        **{f"capability_{pack}": float(capability.get(pack, np.nan)) for pack in PACKS},
        **{share: float(shares.get(share, np.nan)) for share in SHARES},
        **{figure: float(seed.get(figure, np.nan)) for figure in GENERALIZATION},
        "verdict": seed.get("verdict", DIVERGED),
    }


def sweep_scores(task: str, done: Mapping[str, Result]) -> dict[str, Any]:
    """Computes the scores in ``sweep.json``.

    ``conditions`` has, by name, what was run under each condition, and its estimates, equal to those in its
    own ``scores.json``: ``capability`` on ``iid``, both generalization figures, ``shares``, ``verdicts``
    and ``verdict_rates``.

    Args:
        task: id of the task.
        done: the result of each condition, by its name.
    """
    return {
        "task": task,
        "conditions": {
            name: {
                **{setting: result.manifest[setting] for setting in SWEPT_SETTINGS},
                **{field: result.scores[field] for field in ("algorithm", "seeds", "diverged", "steps")},
                "capability": result.scores["packs"]["iid"]["capability"],
                **{
                    field: result.scores[field]
                    for field in (*GENERALIZATION, "shares", "verdicts", "verdict_rates")
                },
            }
            for name, result in done.items()
        },
    }
