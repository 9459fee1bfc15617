"""Results on disk: what a run leaves in its directory, written whole or not at all."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gmbench.errors import UsageError

MANIFEST, SCORES, SUITE = "manifest.json", "scores.json", "suite.json"
SWEEP, SWEEP_TABLE = "sweep.json", "sweep.parquet"
EPISODES, GOALS, CURVES = "episodes.parquet", "goal_inference.parquet", "curves.parquet"
CHECKPOINT, FIGURES = "checkpoint", "figures"
DIALS = ("alpha", "levels")
"""What the conditions of a sweep may differ in."""
RUNNING, COMPLETE, PARTIAL = "running", "complete", "partial"
LOCK, PART = ".lock", ".part"

Table = Mapping[str, np.ndarray]
"""Columns of equal length by name."""


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run found out.

    Attributes:
        manifest: what was run: task, algorithm, settings, seeds, pack hashes, versions, devices.
        episodes: one row per seed, pack and level: ``seed`` int32, ``pack`` str, ``level`` int32, per goal
            ``return_GOAL`` (what is scored) and ``total_GOAL`` (plain sum) float32, ``first`` str (the
            goal that came first, or ``none``), ``length`` int32 in steps, and ``end`` str: ``terminated``
            by the environment, ``goal`` where only the first goal counts and that was reached, or
            ``timeout``; and ``measure_NAME`` float32 for what the task measures beside, NaN where that
            means nothing.
        goals: what the behaviour tells about goals, one row per seed, pack and level looked at, see
            `gmbench.benchmarks.goal_inference.GoalEvidence`: ``seed``, ``pack``, ``level``, ``length``;
            ``posterior_GOAL`` and ``posterior_none`` from this level alone, ``pooled_GOAL`` and
            ``pooled_none`` from all levels of the seed and pack, the same in all their rows; ``nats_GOAL``
            and ``inverse_temperature_GOAL``. No rows where the task is not planned.
        curves: one row per seed and update: ``seed``, ``update``, ``steps`` (environment steps so far),
            and the algorithm's metrics, float32.
        scores: see `gmbench.runs.scores.run.score`.
        out: the directory that it is stored in, if any.
    """

    manifest: Mapping[str, Any]
    episodes: Table
    goals: Table
    curves: Table
    scores: Mapping[str, Any]
    out: Path | None = None


def claim(out: Path) -> None:
    """Makes a directory for a new run.

    Raises:
        UsageError: there is something in it already, or it cannot be made.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; give --out the name of a new directory")
    if is_interrupted(out):
        raise UsageError(f"the run in {out} was not finished; go on with gmbench run --resume {out}")
    if is_used(out):
        raise UsageError(f"{out} is not empty and nothing in it is overwritten; give --out a new directory")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be made ({error.strerror}); give --out another directory") from error


def is_used(out: Path) -> bool:
    """Whether a run has left anything in a directory; a run that was killed at once has not."""
    return out.is_dir() and any(path.name != LOCK and path.suffix != PART for path in out.iterdir())


def is_interrupted(out: Path) -> bool:
    """Whether a directory holds a run, of a task, a suite or a sweep, that was not finished."""
    return _status(out) == RUNNING


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keeps a directory to one process, for as long as that lives.

    Raises:
        UsageError: another process is at work there.
    """
    with (out / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"another run is at work in {out}; wait for it, or give a new --out") from error
        try:
            yield
        finally:
            (out / LOCK).unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file; NaN becomes null."""
    text = json.dumps(plain(content), indent=2, allow_nan=False)
    _replace(path, lambda part: part.write_text(text + "\n"))


def write_table(path: Path, table: Table) -> None:
    """Writes columns as a parquet file."""
    _replace(path, lambda part: pq.write_table(pa.table(dict(table)), part))


def read_run(out: Path) -> Result:
    """A finished run from its directory.

    Raises:
        UsageError: the directory holds no finished run, or one of its files is missing or damaged.
    """
    manifest = read_manifest(out)
    if manifest.get("status") == PARTIAL:
        raise UsageError(f"{out} has a part of a run; put it together with gmbench merge")
    if manifest.get("status") != COMPLETE:
        raise UsageError(f"the run in {out} was not finished; go on with gmbench run --resume {out}")
    return Result(
        manifest=manifest,
        episodes=read_table(out / EPISODES),
        goals=read_table(out / GOALS),
        curves=read_table(out / CURVES),
        scores=_read_json(out / SCORES) if (out / SCORES).exists() else {},
        out=out,
    )


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of a run, finished or not.

    Raises:
        UsageError: there is no run in the directory.
    """
    if not out.is_dir():
        raise UsageError(f"there is no directory {out}; give the --out of an earlier run")
    if is_suite(out):
        task = next(iter(read_suite(out)["settings"]))
        raise UsageError(f"{out} holds the run of a suite; give that of a task, such as {out / task}")
    if is_sweep(out):
        name = next(iter(read_sweep(out)["settings"]))
        raise UsageError(f"{out} holds a sweep; give one of its conditions, such as {out / name}")
    if not (out / MANIFEST).exists():
        raise UsageError(f"{out} holds no {MANIFEST}, so it is not the output of a run")
    return _read_json(out / MANIFEST)


def is_suite(out: Path) -> bool:
    """Whether a directory holds the run of a suite, finished or not."""
    return (out / SUITE).exists()


def read_suite(out: Path) -> dict[str, Any]:
    """What the run of a suite says of itself, finished or not.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    content = _read_json(out / SUITE)
    if "suite" not in content or not content.get("settings"):
        raise UsageError(f"{out / SUITE} is not what a suite's run writes there; the run must be repeated")
    return content


def is_sweep(out: Path) -> bool:
    """Whether a directory holds a sweep, finished or not."""
    return (out / SWEEP).exists()


def read_sweep(out: Path) -> dict[str, Any]:
    """What a sweep says of itself, finished or not.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    if not is_sweep(out):
        raise UsageError(f"{out} holds no {SWEEP}, so it is not the output of a sweep")
    content = _read_json(out / SWEEP)
    if "task" not in content or not content.get("settings"):
        raise UsageError(f"{out / SWEEP} is not what a sweep writes there; it must be repeated")
    return content


def is_partial(out: Path) -> bool:
    """Whether a directory holds all of a part, of a run or of a sweep."""
    return _status(out) == PARTIAL


def is_complete(out: Path) -> bool:
    """Whether a directory holds a finished run or sweep."""
    return _status(out) == COMPLETE


def _status(out: Path) -> str | None:
    """What a run, a suite or a sweep says of itself; None where there is none."""
    for path in (out / MANIFEST, out / SUITE, out / SWEEP):
        if path.exists():
            return _read_json(path).get("status")
    return None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}); the run must be repeated") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not what a run writes there; the run must be repeated")
    return content


def read_table(path: Path) -> dict[str, np.ndarray]:
    """The columns of a parquet file.

    Raises:
        UsageError: it is missing or damaged.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{path} is missing or damaged; the run must be repeated") from error
    return {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}


def _replace(path: Path, write: Any) -> None:
    """Writes beside the place and moves there, so that a file is never half there."""
    part = path.with_name(path.name + PART)
    try:
        write(part)
        os.replace(part, path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror or error}); make room, and repeat the command"
        ) from error


def plain(content: Any) -> Any:
    """Content in JSON's own types; what is not finite becomes None."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    if isinstance(content, np.ndarray | np.generic):
        return plain(content.tolist())
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
