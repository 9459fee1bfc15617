"""Compares two directories of results: ``python -m gmbench.cli.same_results ONE OTHER``.

A maintainer runs the same commands before and after a change that must not alter any number, and compares the
directories. Tables must have equal columns, JSON files equal content except the seconds that were spent, and
figures and all other files equal bytes. Checkpoints and digests, which depend on times, are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from gmbench.cli.standalone import run_standalone
from gmbench.errors import UsageError, printable
from gmbench.runs.storage.atomic import DIGESTS
from gmbench.runs.storage.files import DIGEST, read_json
from gmbench.runs.storage.manifests import STORED
from gmbench.runs.storage.parquet import read_table
from gmbench.runs.storage.results import CHECKPOINT

NOT_COMPARED = ("seconds", DIGEST, STORED)
"""Entries of manifests that differ between two equal runs: times, and digests that depend on them."""
MISSING = "nothing"
"""Stands for an entry that one of two JSON files does not have."""


def differences(one: Path, other: Path) -> Iterator[str]:
    """Yields a line for each file that is missing in one of two directories, or differs between them."""
    names = sorted(_files(one) | _files(other))
    for name in names:
        if not ((one / name).is_file() and (other / name).is_file()):
            yield f"{name}: only in {one if (one / name).is_file() else other}"
        elif name.suffix == ".parquet":
            yield from (f"{name}: {line}" for line in _table_differences(one / name, other / name))
        elif name.suffix == ".json":
            contents = (read_json(folder / name) for folder in (one, other))
            yield from (f"{name}: {line}" for line in _json_differences("", *contents))
        elif (one / name).read_bytes() != (other / name).read_bytes():
            yield f"{name}: other bytes"


def _files(folder: Path) -> set[Path]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path for path in paths if CHECKPOINT not in path.parts and path.name != DIGESTS}


def _table_differences(one: Path, other: Path) -> Iterator[str]:
    """Yields a line for each column that differs between two parquet files."""
    left, right = read_table(one), read_table(other)
    if list(left) != list(right):
        yield f"columns {', '.join(left)} and {', '.join(right)}"
        return
    for name, column in left.items():
        same_type = column.dtype == right[name].dtype
        floats = np.issubdtype(column.dtype, np.floating)
        if not (same_type and np.array_equal(column, right[name], equal_nan=floats)):
            yield f"column {name}"


def _json_differences(place: str, one: Any, other: Any) -> Iterator[str]:
    """Yields a line for each entry that differs between two JSON values, except times."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            if key not in NOT_COMPARED:
                yield from _json_differences(f"{place}/{key}", one.get(key, MISSING), other.get(key, MISSING))
    elif one != other:
        yield f"{place} is {one!r} and {other!r}"


def compare(one: tyro.conf.Positional[Path], other: tyro.conf.Positional[Path]) -> None:
    """Prints every difference between two directories of results, and fails if there is one.

    Args:
        one: a directory of results, or one that holds several.
        other: the directory to compare it with.
    """
    for folder in (one, other):
        if not folder.is_dir():
            raise UsageError(f"there is no directory {folder}; give two directories of results")
    lines = list(differences(one, other))
    for line in lines or [f"{one} and {other} hold the same results"]:
        print(printable(line))
    if lines:
        raise UsageError(f"{one} and {other} differ in {len(lines)} places")


if __name__ == "__main__":
    run_standalone(compare, "same_results")
