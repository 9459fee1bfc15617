"""Checks of stored tables: that every seed, pack and level is there exactly once, and values are possible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gmbench.benchmarks.goal_inference import LEVELS_INFERRED, PACKS_INFERRED
from gmbench.benchmarks.packs import PACK_SIZE
from gmbench.benchmarks.scoring import NO_GOAL
from gmbench.benchmarks.tasks.task import PACKS, Task
from gmbench.runs.storage.parquet import TEXT, Shape, Table

INT, LONG, FLOAT, DOUBLE = (np.dtype(name) for name in ("int32", "int64", "float32", "float64"))
KEYS = {"seed": INT, "pack": TEXT, "level": INT}
"""The columns that identify a row."""
ENDS = ("terminated", "goal", "timeout")
"""How an episode may end."""
CURVES_SHAPE = Shape({"seed": INT, "update": INT, "steps": LONG}, more=True)
"""The shape of the table of learning curves; the metrics of the algorithm follow."""


def episodes_shape(task: Task, seeds: int) -> Shape:
    """The shape of the table of episodes of some seeds, see `gmbench.runs.storage.results.Result`."""
    returns = {f"{kind}_{goal.name}": FLOAT for goal in task.env.goals for kind in ("return", "total")}
    measures = {f"measure_{name}": FLOAT for name in task.measures}
    columns = {**KEYS, **returns, "first": TEXT, "length": INT, "end": TEXT, **measures}
    return Shape(columns, rows=seeds * len(PACKS) * PACK_SIZE)


def goals_shape(task: Task, seeds: int) -> Shape:
    """The shape of the table of goal inference of some seeds, see the same."""
    if not task.planned:
        return Shape(KEYS, rows=0)
    goals = [goal.name for goal in task.env.goals]
    columns = {**KEYS, "length": INT}
    for name in (*goals, NO_GOAL):
        columns |= {f"posterior_{name}": DOUBLE, f"pooled_{name}": DOUBLE}
    for name in goals:
        columns |= {f"nats_{name}": FLOAT, f"inverse_temperature_{name}": DOUBLE}
    return Shape(columns, rows=seeds * len(PACKS_INFERRED) * LEVELS_INFERRED)


def check_tables(task: Task, seeds: range, episodes: Table, goals: Table, curves: Table) -> None:
    """Checks the rows of the tables of consecutive seeds, whose shapes are right.

    Args:
        task: the task that was played.
        seeds: numbers of the seeds.
        episodes: the table of episodes.
        goals: the table of goal inference.
        curves: the table of learning curves.

    Raises:
        ValueError: rows are missing or there twice, or a value is impossible.
    """
    _check_keys(episodes, seeds, sorted(PACKS), PACK_SIZE)
    _check_keys(goals, seeds, sorted(PACKS_INFERRED) if task.planned else [], LEVELS_INFERRED)
    _check_curves(curves, seeds)
    names = [goal.name for goal in task.env.goals]
    returns = [episodes[f"{kind}_{name}"] for name in names for kind in ("return", "total")]
    lengths = [table["length"] for table in (episodes, goals) if "length" in table]
    evidence = [values for name, values in goals.items() if name.startswith(("posterior_", "pooled_"))]
    possible = (
        all(np.isfinite(values).all() for values in [*returns, *evidence])
        and all((values >= 1).all() for values in lengths)
        and set(episodes["first"]) <= {*names, NO_GOAL}
        and set(episodes["end"]) <= set(ENDS)
    )
    if not possible:
        raise ValueError("a table has impossible values")


def _check_keys(table: Table, seeds: range, packs: Sequence[str], levels: int) -> None:
    """Checks that the rows are, in this order, all levels of all seeds of all packs."""
    rows = len(seeds) * levels
    same = (
        np.array_equal(table["seed"], np.tile(np.repeat(np.array(seeds), levels), len(packs)))
        and np.array_equal(table["pack"], np.repeat(np.array(packs, object), rows))
        and np.array_equal(table["level"], np.tile(np.arange(levels), len(packs) * len(seeds)))
    )
    if not same:
        raise ValueError("rows of a seed, pack and level are missing or there twice")


def _check_curves(table: Table, seeds: range) -> None:
    """Checks that the rows are, in this order, all updates of all seeds."""
    updates, left = divmod(len(table["seed"]), len(seeds))
    update = np.tile(np.arange(1, updates + 1), len(seeds))
    same = (
        updates > 0
        and not left
        and np.array_equal(table["seed"], np.repeat(np.array(seeds), updates))
        and np.array_equal(table["update"], update)
        and np.array_equal(table["steps"], update * table["steps"][0])
    )
    if not same:
        raise ValueError("rows of a seed and update are missing or there twice")
