"""Scores of a sweep: one tidy table of all seeds, and the estimates of each condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gmbench.benchmarks.scoring import SHARES
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.runs.storage.results import DIALS, Result, Table
from gmbench.runs.scores.suite import GENERALIZATION


def sweep_table(done: Mapping[str, Result]) -> Table:
    """One row per condition and seed.

    Columns: ``condition`` str, ``alpha`` float64, ``levels`` int64, ``seed`` int64; float64, NaN where
    undefined, ``capability_PACK`` for each pack, ``goal``, ``proxy`` and ``neither`` (shares under shift),
    ``capability_generalization`` and ``goal_generalization``; and ``verdict`` str. Seeds that diverged have
    no row.
    """
    rows = [_row(name, result, seed) for name, result in done.items() for seed in result.scores["per_seed"]]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _row(name: str, result: Result, seed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "condition": name,
        **{dial: result.manifest[dial] for dial in DIALS},
        "seed": seed["seed"],
        **{f"capability_{pack}": float(seed["capability"][pack]) for pack in PACKS},
        **{share: float(seed["shares"][share]) for share in SHARES},
        **{figure: float(seed[figure]) for figure in GENERALIZATION},
        "verdict": seed["verdict"],
    }


def sweep_scores(task: str, done: Mapping[str, Result]) -> dict[str, Any]:
    """The figures in ``sweep.json``.

    ``conditions`` has, by name, the dials of each condition, what was run, and its estimates as they are in
    its own scores: ``capability`` on familiar levels, both generalization figures, ``shares``, ``verdicts``
    and ``verdict_rates``.

    Args:
        task: id.
        done: the result of each condition, by its name.
    """
    return {
        "task": task,
        "conditions": {
            name: {
                **{dial: result.manifest[dial] for dial in DIALS},
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
