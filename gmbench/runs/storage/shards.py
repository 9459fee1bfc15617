"""Shards of a run: the results of some of its seeds, saved as soon as these seeds are evaluated."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.agents.algorithm import Policy
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError, check_machine
from gmbench.runs.storage import results
from gmbench.runs.storage.arrays import read_arrays, write_arrays
from gmbench.runs.storage.atomic import verify_directory, write_directory
from gmbench.runs.storage.directories import check_lock
from gmbench.runs.storage.files import PART, read_json, write_json
from gmbench.runs.storage.parquet import Table, read_table, write_table
from gmbench.runs.storage.table_checks import CURVES_SHAPE, check_tables, episodes_shape, goals_shape
from gmbench.runs.storage.tables import concatenate

SHARDS = "seeds"
"""The directory of shards within the directory of a run. A complete run of all seeds removes it."""
POLICIES, FACTS = "policies.npz", "facts.json"


@dataclasses.dataclass(frozen=True)
class Shard:
    """The results of consecutive seeds of a run.

    Attributes:
        seeds: numbers of the seeds.
        episodes: table of episodes, see `gmbench.runs.storage.results.Result`.
        goals: table of goal inference, see the same.
        curves: table of learning curves, see the same.
        policies: trained policies, NumPy arrays stacked on axis 0, one per seed.
        seconds: time spent on training these seeds.
    """

    seeds: range
    episodes: Table
    goals: Table
    curves: Table
    policies: Any
    seconds: float


def shard_path(folder: Path, seeds: range) -> Path:
    """The directory of the shard of some seeds within the directory of a run."""
    return folder / SHARDS / f"{seeds[0]:06}-{seeds[-1]:06}"


def write_shard(folder: Path, shard: Shard) -> None:
    """Saves a shard in the directory of a run.

    Raises:
        UsageError: it cannot be written.
    """

    def fill(path: Path) -> None:
        write_table(path / results.EPISODES, shard.episodes)
        write_table(path / results.GOALS, shard.goals)
        write_table(path / results.CURVES, shard.curves)
        write_arrays(path / POLICIES, shard.policies)
        write_json(path / FACTS, {"seconds": shard.seconds})

    check_lock(folder)
    try:
        write_directory(shard_path(folder, shard.seeds), fill)
    except OSError as error:
        raise UsageError(
            f"results cannot be saved in {folder} ({error}); make room, and resume with "
            f"gmbench run --resume {folder}"
        ) from error


def check_shards(folder: Path, expected: Sequence[range]) -> None:
    """Checks the shards in the directory of a run before its training goes on.

    Args:
        folder: the directory of the run.
        expected: the seeds of each shard that the run writes.

    Raises:
        UsageError: a shard is damaged, or has other seeds, such as seeds that another shard has too.
    """
    names = {shard_path(folder, seeds).name for seeds in expected}
    for path in _shard_paths(folder):
        if path.name not in names:
            raise UsageError(f"{path} is not what the run in {folder} writes there; remove it, and resume")
        try:
            verify_directory(path)
        except (OSError, ValueError) as error:
            raise _damaged(path) from error


def read_shards(folder: Path, task: Task, policy: Policy) -> list[Shard]:
    """Reads all shards in the directory of a run, in the order of their seeds.

    Args:
        folder: the directory of the run.
        task: the task of the run.
        policy: shapes and dtypes of the policy of one seed.

    Raises:
        UsageError: a shard is damaged.
    """
    return [_read_shard(path, task, policy) for path in _shard_paths(folder)]


def _shard_paths(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / SHARDS).glob("*") if path.suffix != PART)


def _read_shard(path: Path, task: Task, policy: Policy) -> Shard:
    try:
        if re.fullmatch("[0-9]{6,9}-[0-9]{6,9}", path.name) is None:
            raise ValueError("its name is not that of a shard")
        first, last = (int(number) for number in path.name.split("-"))
        seeds = range(first, last + 1)
        verify_directory(path)
        episodes = read_table(path / results.EPISODES, episodes_shape(task, len(seeds)))
        goals = read_table(path / results.GOALS, goals_shape(task, len(seeds)))
        curves = read_table(path / results.CURVES, CURVES_SHAPE)
        check_tables(task, seeds, episodes, goals, curves)
        policies = read_arrays(path / POLICIES, policy, axes=(len(seeds),))
        seconds = read_json(path / FACTS).get("seconds")
        if not (isinstance(seconds, float) and seconds >= 0):
            raise ValueError("it does not have the seconds of its training")
        return Shard(seeds, episodes, goals, curves, policies, seconds)
    except (OSError, ValueError) as error:
        check_machine(error)
        raise _damaged(path) from error


def _damaged(path: Path) -> UsageError:
    return UsageError(
        f"{path} is damaged; remove it, and its seeds are run again by "
        f"gmbench run --resume {path.parent.parent}"
    )


def join_shards(shards: Sequence[Shard]) -> Shard:
    """Joins the shards of a run, whose seeds are consecutive, into one."""
    if len(shards) == 1:
        return shards[0]
    return Shard(
        seeds=range(shards[0].seeds[0], shards[-1].seeds[-1] + 1),
        episodes=_sorted_by_pack(concatenate([shard.episodes for shard in shards])),
        goals=_sorted_by_pack(concatenate([shard.goals for shard in shards])),
        curves=concatenate([shard.curves for shard in shards]),
        policies=jax.tree.map(lambda *leaves: np.concatenate(leaves), *(shard.policies for shard in shards)),
        seconds=sum(shard.seconds for shard in shards),
    )


def _sorted_by_pack(table: Table) -> Table:
    """Sorts rows by pack, in the order in which the packs first occur. Within a pack, the order stays."""
    _, first, pack = np.unique(table["pack"].astype(str), return_index=True, return_inverse=True)
    order = np.argsort(first[pack], kind="stable")
    return {name: column[order] for name, column in table.items()}


def diverged(policies: Any, seeds: int) -> np.ndarray:
    """Which policies have a weight that is NaN or infinite: bool[seeds].

    Args:
        policies: NumPy arrays stacked on axis 0, one per seed. Policies without arrays do not diverge.
        seeds: number of seeds.
    """
    broken = [
        ~np.isfinite(leaf).reshape(len(leaf), -1).all(axis=1)
        for leaf in map(np.asarray, jax.tree.leaves(policies))
        if jax.numpy.issubdtype(leaf.dtype, jax.numpy.inexact)  # NumPy does not know bfloat16 as such.
    ]
    return np.any([np.zeros(seeds, bool), *broken], axis=0)
