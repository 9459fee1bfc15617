"""Reading and writing tables as parquet files.

A file may come from somebody else. So its number of rows, its columns and its sizes are read first, from the
end of the file, and the columns only if these are what is expected.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gmbench.errors import UsageError, check_machine
from gmbench.runs.storage.files import check_size, replace_file

Table = Mapping[str, np.ndarray]
"""Columns of equal length by name."""

LARGEST_TABLE = 4 << 30
"""The most bytes of a table in memory. The episodes of 20,000 seeds take less."""
TEXT = "text"
"""Stands for the type of a column of texts."""
TEXT_BYTES = 64
"""The most bytes that a text of a table takes in its file, on average."""
MOST_TEXTS = 1000
"""The most different texts of one column: the names of packs, of goals and of ends of episodes."""
NUMBERS = {np.dtype(name): getattr(pa, name)() for name in ("int32", "int64", "float32", "float64")}
"""The types of numbers that tables have."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """What is known of a table before it is read.

    Attributes:
        columns: the type of each column by its name, in their order: a NumPy type, or `TEXT`.
        rows: the number of rows; None if it is not known.
        more: whether any columns of numbers may follow.
    """

    columns: Mapping[str, Any]
    rows: int | None = None
    more: bool = False


def write_table(path: Path, table: Table) -> None:
    """Writes columns as a parquet file.

    Raises:
        UsageError: the file cannot be written.
    """
    # Without the type, the texts of an empty table would be of none.
    columns = {
        name: pa.array(values, pa.string()) if values.dtype == object else values
        for name, values in table.items()
    }
    replace_file(path, lambda part: pq.write_table(pa.table(columns), part))


def read_table(path: Path, shape: Shape | None = None) -> dict[str, np.ndarray]:
    """Reads the columns of a parquet file.

    Args:
        path: the file.
        shape: what the table must have; None for any numbers and texts.

    Raises:
        UsageError: the file is missing or damaged, has another shape, or is too large.
    """
    try:
        check_size(path, LARGEST_TABLE)
        metadata = pq.read_metadata(path)
        types = _types(metadata)
        _check_types(types, shape)
        _check_sizes(metadata, types, shape)
        texts = [name for name, kind in types.items() if kind == TEXT]
        with pq.ParquetFile(path, metadata=metadata, read_dictionary=texts) as file:
            table = file.read()
        return {name: _to_numpy(table.column(name), kind) for name, kind in types.items()}
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        check_machine(error)
        reason = f" ({error})" if type(error) is ValueError else ""
        raise UsageError(f"{path} is missing or damaged{reason}; the run must be repeated") from error


def _types(metadata: pq.FileMetaData) -> dict[str, Any]:
    """The type of each column: a NumPy type, or `TEXT`.

    Raises:
        ValueError: a column has a type that tables do not have, or two have one name.
    """
    schema = metadata.schema.to_arrow_schema()
    by_arrow = {arrow: kind for kind, arrow in NUMBERS.items()} | {pa.string(): TEXT}
    found = {}
    for field in schema:
        if field.type not in by_arrow or field.name in found:
            raise ValueError("it has columns of other types, or two with one name")
        found[field.name] = by_arrow[field.type]
    return found


def _check_types(types: Mapping[str, Any], shape: Shape | None) -> None:
    """Checks the columns of a table.

    Raises:
        ValueError: they are not those that are expected.
    """
    if shape is None:
        return
    expected = len(shape.columns)
    found, others = list(types.items()), list(types.values())[expected:]
    if found[:expected] != list(shape.columns.items()) or TEXT in others or (others and not shape.more):
        raise ValueError("it has other columns than a run writes")


def _check_sizes(metadata: pq.FileMetaData, types: Mapping[str, Any], shape: Shape | None) -> None:
    """Checks how much memory a table takes.

    Raises:
        ValueError: it has another number of rows than expected, or is too large.
    """
    rows = metadata.num_rows
    if shape is not None and shape.rows is not None and rows != shape.rows:
        raise ValueError(f"it has {rows:,} rows, and not {shape.rows:,}")
    wide = {name: TEXT_BYTES if kind == TEXT else kind.itemsize for name, kind in types.items()}
    needed = rows * sum(wide.values())
    if needed > LARGEST_TABLE:
        raise ValueError(f"its {rows:,} rows take {needed:,} bytes, and at most {LARGEST_TABLE:,} are read")
    stored = dict.fromkeys(types, 0)
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            stored[column.path_in_schema] += column.total_uncompressed_size
    for name, size in stored.items():
        # Pages have headers, and columns that repeat few values have a list of them.
        if size > 2 * rows * wide[name] + (1 << 20):
            raise ValueError(f"the column {name} takes {size:,} bytes")


def _to_numpy(column: pa.ChunkedArray, kind: Any) -> np.ndarray:
    """Converts a column to a NumPy array; texts become Python strings, one object for each different text.

    Raises:
        ValueError: a value is missing, or there are too many different texts.
    """
    if column.null_count:
        raise ValueError("a value is missing")
    if kind != TEXT:
        return column.to_numpy(zero_copy_only=False)
    parts = [np.zeros(0, object)]
    for chunk in column.chunks:
        if len(chunk.dictionary) > MOST_TEXTS:
            raise ValueError("it has too many different texts")
        texts = np.array(chunk.dictionary.to_pylist(), object)
        parts.append(texts[chunk.indices.to_numpy(zero_copy_only=False)])
    return np.concatenate(parts)
