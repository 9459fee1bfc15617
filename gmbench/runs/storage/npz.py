"""Reading .npz files whose arrays are known in advance.

A file may come from somebody else, and ``numpy.load`` allocates whatever a file asks for. Here nothing is
allocated before names, types, shapes and sizes are compared with what is expected.
"""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from gmbench.runs.storage.files import check_size

HEADERS = 1024
"""The most bytes that the headers of an array take in a file that ``numpy.savez`` writes."""


class Array(Protocol):
    """What is expected of an array; anything with a shape and a type."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""

    @property
    def dtype(self) -> Any:
        """Type of its elements."""


def read_npz(path: Path, expected: Mapping[str, Array]) -> dict[str, np.ndarray]:
    """Reads the arrays that ``numpy.savez`` wrote to a file.

    Args:
        path: the file.
        expected: shape and dtype of each array by its name.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is damaged, or holds other arrays.
    """
    sizes = {name: _size(array) for name, array in expected.items()}
    check_size(path, sum(sizes.values()) + HEADERS * (len(sizes) + 1))
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            if members.keys() != expected.keys():
                raise ValueError("it holds other arrays than expected")
            return {name: _read_member(archive, members[name], array) for name, array in expected.items()}
    except (zipfile.BadZipFile, RuntimeError, EOFError, TypeError, Warning) as error:
        raise ValueError(f"it is not an archive of arrays ({error})") from error


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, expected: Array) -> np.ndarray:
    """Reads one array.

    Raises:
        ValueError: it is not what is expected.
    """
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError("an array is compressed")
    size = _size(expected)
    if not size <= member.file_size <= size + HEADERS:
        raise ValueError(f"an array has {member.file_size:,} bytes instead of {size:,}")
    with archive.open(member) as stream:
        shape, in_columns, dtype = _read_header(stream)
        if shape != expected.shape:
            raise ValueError(f"an array has the shape {shape} instead of {expected.shape}")
        # NumPy does not know bfloat16 and writes it as raw bytes.
        wanted = np.dtype(expected.dtype)
        raw = dtype.kind == "V" and dtype.fields is None and dtype.itemsize == wanted.itemsize
        if dtype != wanted and not (raw and wanted.kind == "V"):
            raise ValueError(f"an array has the type {dtype} instead of {wanted}")
        data = stream.read(size)
    if len(data) != size:
        raise ValueError("an array is not complete")
    return np.frombuffer(bytearray(data), dtype).reshape(shape, order="F" if in_columns else "C")


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Reads the header of an array: its shape, whether columns come first, and its type."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # A header of an earlier format is damage too.
        np.lib.format.read_magic(stream)
        return np.lib.format.read_array_header_1_0(stream)


def _size(array: Array) -> int:
    return math.prod(array.shape) * np.dtype(array.dtype).itemsize
