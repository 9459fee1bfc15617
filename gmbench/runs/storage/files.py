"""Reading and writing single files: JSON and parquet. A file is replaced atomically or not at all."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gmbench.errors import UsageError

PART = ".part"
"""Suffix of files and directories that are being written."""

Table = Mapping[str, np.ndarray]
"""Columns of equal length by name."""


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file; NaN becomes null.

    Raises:
        UsageError: the file cannot be written.
    """
    text = json.dumps(to_json_types(content), indent=2, allow_nan=False)
    _replace(path, lambda part: part.write_text(text + "\n"))


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON file that holds an object.

    Raises:
        UsageError: the file is missing, damaged, or holds something else.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}); the run must be repeated") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not what a run writes there; the run must be repeated")
    return content


def write_table(path: Path, table: Table) -> None:
    """Writes columns as a parquet file.

    Raises:
        UsageError: the file cannot be written.
    """
    _replace(path, lambda part: pq.write_table(pa.table(dict(table)), part))


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Reads the columns of a parquet file.

    Raises:
        UsageError: the file is missing or damaged.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{path} is missing or damaged; the run must be repeated") from error
    return {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.column_names}


def to_json_types(content: Any) -> Any:
    """Converts content to the types that JSON has; numbers that are not finite become None."""
    if isinstance(content, Mapping):
        return {str(key): to_json_types(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [to_json_types(value) for value in content]
    if isinstance(content, np.ndarray | np.generic):
        return to_json_types(content.tolist())
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    """Writes a file beside its final place and then moves it there, so that no half-written file is left."""
    part = path.with_name(path.name + PART)
    try:
        write(part)
        os.replace(part, path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror or error}); make room, and repeat the command"
        ) from error
