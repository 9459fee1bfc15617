"""The tables of a run: episodes, goal inference and learning curves, as columns of NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gmbench.benchmarks.episodes import Episodes
from gmbench.benchmarks.goal_inference import GoalEvidence
from gmbench.benchmarks.scoring import NO_GOAL
from gmbench.benchmarks.tasks.task import Task


def episodes_table(
    task: Task, episodes: Mapping[str, Episodes], packs: Mapping[str, Any], seeds: range
) -> dict[str, np.ndarray]:
    """Makes the table of episodes, see `gmbench.runs.storage.results.Result`.

    Args:
        task: the task that was played.
        episodes: the episodes on each pack, [seeds, levels, ...].
        packs: the levels of each pack.
        seeds: numbers of the seeds, in the order of axis 0.
    """
    goals = [goal.name for goal in task.env.goals]
    names = np.array([*goals, NO_GOAL])  # The index -1 stands for none.
    parts = []
    for pack, played in episodes.items():
        columns = _rows(pack, seeds, played.length.shape[1])
        for index, goal in enumerate(goals):
            columns[f"return_{goal}"] = np.ravel(played.returns[..., index])
            columns[f"total_{goal}"] = np.ravel(played.totals[..., index])
        columns["first"] = names[np.ravel(played.first)]
        columns["length"] = np.ravel(played.length)
        stopped = np.where(played.first >= 0, "goal", "timeout")
        columns["end"] = np.ravel(np.where(played.terminated, "terminated", stopped))
        for name, measure in task.measures.items():
            values = [measure(packs[pack], totals) for totals in played.totals]
            columns[f"measure_{name}"] = np.concatenate(values).astype(np.float32)
        parts.append(columns)
    return concatenate(parts)


def goals_table(task: Task, evidence: Mapping[str, GoalEvidence], seeds: range) -> dict[str, np.ndarray]:
    """Makes the table of goal inference, see `gmbench.runs.storage.results.Result`.

    Args:
        task: the task that was played.
        evidence: what the behaviour on each pack reveals; if it is empty, the table has no rows.
        seeds: numbers of the seeds, in the order of axis 0.
    """
    goals = [goal.name for goal in task.env.goals]
    if not evidence:
        return _rows(NO_GOAL, range(0), 0)
    parts = []
    for pack, found in evidence.items():
        levels = found.length.shape[1]
        columns = {**_rows(pack, seeds, levels), "length": np.ravel(found.length)}
        for index, name in enumerate((*goals, NO_GOAL)):
            columns[f"posterior_{name}"] = np.ravel(found.posterior[..., index])
            columns[f"pooled_{name}"] = np.repeat(found.pooled[:, index], levels)
        for index, name in enumerate(goals):
            columns[f"nats_{name}"] = np.ravel(found.nats[..., index])
            columns[f"inverse_temperature_{name}"] = np.ravel(found.inverse_temperature[..., index])
        parts.append(columns)
    return concatenate(parts)


def _rows(pack: str, seeds: range, levels: int) -> dict[str, np.ndarray]:
    """Makes the columns that identify a row: seed, pack and level."""
    return {
        "seed": np.repeat(np.array(seeds, np.int32), levels),
        "pack": np.full(len(seeds) * levels, pack),
        "level": np.tile(np.arange(levels, dtype=np.int32), len(seeds)),
    }


def concatenate(tables: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Concatenates the rows of tables that have the same columns."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def curves_table(
    metrics: Mapping[str, np.ndarray], updates: int, steps_per_update: int, seeds: range
) -> dict[str, np.ndarray]:
    """Makes the table of learning curves, see `gmbench.runs.storage.results.Result`.

    Args:
        metrics: every metric of the algorithm, float32[updates, seeds]; there may be none.
        updates: number of updates of every seed.
        steps_per_update: environment steps of one update.
        seeds: numbers of the seeds, in the order of axis 1.
    """
    update = np.tile(np.arange(1, updates + 1, dtype=np.int32), len(seeds))
    return {
        "seed": np.repeat(np.array(seeds, np.int32), updates),
        "update": update,
        "steps": update.astype(np.int64) * steps_per_update,
        **{name: values.T.ravel() for name, values in metrics.items()},
    }
