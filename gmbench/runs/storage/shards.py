"""Pieces of a run: what some of its seeds have brought, kept as soon as it is there."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.runs.storage import results
from gmbench.agents.algorithm import Policy
from gmbench.runs.sharding import stacked_shapes
from gmbench.runs.storage.arrays import read_arrays, write_arrays
from gmbench.errors import UsageError
from gmbench.runs.storage.tables import stacked
from gmbench.runs.storage.results import Table
from gmbench.runs.storage.atomic import check_whole, write_whole

PIECES = "seeds"
"""A run's directory for its pieces; in a run of all seeds, it is removed when that is complete."""
POLICIES, FACTS = "policies.npz", "facts.json"


@dataclasses.dataclass(frozen=True)
class Piece:
    """What some seeds have brought.

    Attributes:
        seeds: their numbers.
        episodes: see `gmbench.runs.storage.results.Result`, and so for the next two.
        goals: what the behaviour tells about goals.
        curves: the learning curves.
        policies: what they have learned, NumPy arrays, stacked on axis 0.
        seconds: that their training took.
    """

    seeds: range
    episodes: Table
    goals: Table
    curves: Table
    policies: Any
    seconds: float


def piece_path(folder: Path, seeds: range) -> Path:
    """Where the piece of some seeds is kept in the directory of a run."""
    return folder / PIECES / f"{seeds[0]:06}-{seeds[-1]:06}"


def write_piece(folder: Path, piece: Piece) -> None:
    """Keeps a piece in the directory of a run.

    Raises:
        UsageError: it cannot be written.
    """

    def fill(path: Path) -> None:
        results.write_table(path / results.EPISODES, piece.episodes)
        results.write_table(path / results.GOALS, piece.goals)
        results.write_table(path / results.CURVES, piece.curves)
        write_arrays(path / POLICIES, piece.policies)
        (path / FACTS).write_text(json.dumps({"seconds": piece.seconds}))

    try:
        write_whole(piece_path(folder, piece.seeds), fill)
    except OSError as error:
        raise UsageError(
            f"what was found out cannot be kept in {folder} ({error}); make room, and go on with "
            f"gmbench run --resume {folder}"
        ) from error


def read_pieces(folder: Path, policy: Policy) -> list[Piece]:
    """All pieces in the directory of a run, the first seeds first.

    Args:
        folder: the directory.
        policy: the shapes of one seed's policy.

    Raises:
        UsageError: one of them is damaged.
    """
    paths = sorted(path for path in (folder / PIECES).glob("*") if path.suffix != results.PART)
    return [_read(path, policy) for path in paths]


def _read(path: Path, policy: Policy) -> Piece:
    try:
        first, last = (int(number) for number in path.name.split("-"))
        check_whole(path)
        seeds = range(first, last + 1)
        return Piece(
            seeds=seeds,
            episodes=results.read_table(path / results.EPISODES),
            goals=results.read_table(path / results.GOALS),
            curves=results.read_table(path / results.CURVES),
            policies=read_arrays(path / POLICIES, stacked_shapes(policy, (len(seeds),))),
            seconds=json.loads((path / FACTS).read_text())["seconds"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"{path} is damaged; remove it, and its seeds are run again with gmbench run --resume "
            f"{path.parent.parent}"
        ) from error


def join(pieces: Sequence[Piece]) -> Piece:
    """Pieces of a run whose seeds follow each other as one."""
    if len(pieces) == 1:
        return pieces[0]
    return Piece(
        seeds=range(pieces[0].seeds[0], pieces[-1].seeds[-1] + 1),
        episodes=_by_pack(stacked([piece.episodes for piece in pieces])),
        goals=_by_pack(stacked([piece.goals for piece in pieces])),
        curves=stacked([piece.curves for piece in pieces]),
        policies=jax.tree.map(lambda *leaves: np.concatenate(leaves), *(piece.policies for piece in pieces)),
        seconds=sum(piece.seconds for piece in pieces),
    )


def _by_pack(table: Table) -> Table:
    """Rows by pack, in the order in which the packs first come, and as they were within each."""
    _, first, pack = np.unique(table["pack"].astype(str), return_index=True, return_inverse=True)
    order = np.argsort(first[pack], kind="stable")
    return {name: column[order] for name, column in table.items()}


def diverged(policies: Any) -> np.ndarray:
    """Which policies have weights that are no longer numbers: bool[seeds]."""
    broken = [
        ~np.isfinite(leaf).reshape(len(leaf), -1).all(axis=1)
        for leaf in map(np.asarray, jax.tree.leaves(policies))
        if np.issubdtype(leaf.dtype, np.inexact)
    ]
    seeds = len(jax.tree.leaves(policies)[0])
    return np.any([np.zeros(seeds, bool), *broken], axis=0)
