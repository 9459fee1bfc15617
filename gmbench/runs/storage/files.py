"""Reading and writing single files: JSON and parquet. A file is replaced atomically or not at all."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gmbench.errors import FULL, UsageError, check_machine

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
    replace_file(path, lambda part: part.write_text(text + "\n"))


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON file that holds an object.

    Raises:
        UsageError: the file is missing, damaged, or holds something else.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        check_machine(error)
        raise UsageError(f"{path} cannot be read ({error}); the run must be repeated") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not what a run writes there; the run must be repeated")
    return content


def write_table(path: Path, table: Table) -> None:
    """Writes columns as a parquet file.

    Raises:
        UsageError: the file cannot be written.
    """
    replace_file(path, lambda part: pq.write_table(pa.table(dict(table)), part))


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Reads the columns of a parquet file.

    Raises:
        UsageError: the file is missing or damaged.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        check_machine(error)
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


def replace_file(path: Path, write: Callable[[Path], Any]) -> None:
    """Writes a file beside its final place and then moves it there, so that no half-written file is left.

    Args:
        path: the final place.
        write: writes the file that it is given.

    Raises:
        UsageError: it cannot be written.
    """
    part = path.with_name(path.name + PART)
    try:
        write(part)
        os.replace(part, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()  # A full disk needs the room.
        if not isinstance(error, OSError):
            raise
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> UsageError:
    """The error to raise if a file or a directory cannot be written.

    Args:
        path: the file or directory.
        error: the error of the operating system.
    """
    reason = error.strerror or str(error).partition("\n")[0]
    what = "make room" if error.errno in (None, *FULL) else "mend that"
    return UsageError(
        f"{path} cannot be written ({reason}); {what}, and repeat the command or resume the run"
    )
