"""Reading a complete run back from its directory, which is data that somebody else may have written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmbench.benchmarks.registry import load_task
from gmbench.errors import UsageError
from gmbench.runs.storage import manifests
from gmbench.runs.storage.files import file_digest, read_json
from gmbench.runs.storage.parquet import Shape, Table, read_table
from gmbench.runs.storage.results import SCORES, TABLES, Result
from gmbench.runs.storage.table_checks import CURVES_SHAPE, check_tables, episodes_shape, goals_shape


def read_run(out: Path, scored: bool = True) -> Result:
    """Reads a complete run from its directory.

    Args:
        out: the directory.
        scored: whether to read its scores too. They follow from the tables.

    Raises:
        UsageError: the directory holds no complete run, or one of its files is missing, damaged or changed.
    """
    manifest = manifests.read_manifest(out)
    if manifest["status"] == manifests.PARTIAL:
        raise UsageError(f"{out} holds one part of a run; combine the parts with gmbench merge")
    if manifest["status"] != manifests.COMPLETE:
        raise UsageError(f"the run in {out} is not complete; resume it with gmbench run --resume {out}")
    task, seeds = load_task(manifest["task"]), manifest["seeds"]
    shapes = (episodes_shape(task, seeds), goals_shape(task, seeds), CURVES_SHAPE)
    episodes, goals, curves = (
        _read_unchanged(out / name, manifest, shape) for name, shape in zip(TABLES, shapes, strict=True)
    )
    try:
        check_tables(task, range(seeds), episodes, goals, curves)
    except ValueError as error:
        raise UsageError(f"the tables in {out} are damaged: {error}; the run must be repeated") from error
    stored = read_json(out / SCORES) if scored and (out / SCORES).exists() else {}
    return Result(manifest, episodes, goals, curves, stored, out)


def _read_unchanged(path: Path, manifest: Mapping[str, Any], shape: Shape) -> Table:
    """Reads a table if it is the one that the run wrote.

    Raises:
        UsageError: it is missing or damaged.
    """
    try:
        same = file_digest(path) == manifest.get(manifests.STORED, {}).get(path.name)
    except OSError as error:
        raise UsageError(f"{path} is missing or damaged; the run must be repeated") from error
    if not same:
        raise UsageError(
            f"{path} is damaged, it is not the table that the run wrote (its digest differs); restore it, "
            "or repeat the run"
        )
    return read_table(path, shape)
