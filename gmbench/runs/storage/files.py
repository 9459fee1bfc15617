"""Reading and writing JSON files. A file is replaced atomically or not at all.

A file may come from somebody else, so that nothing in it is taken for granted before it is checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gmbench.errors import FULL, UsageError, check_machine

PART = ".part"
"""Suffix of files and directories that are being written."""
LARGEST_JSON = 64 << 20
"""The most bytes of a JSON file that is read. The scores of a thousand seeds take about two million."""
DEEPEST_JSON = 50
"""The most levels of objects and lists in a JSON file; results have at most nine."""
LONGEST_NUMBER = 40
"""The most characters of a whole number in a JSON file."""
DIGEST = "digest"
"""The entry of a sealed JSON file with the SHA-256 of all other entries."""


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
        UsageError: the file is missing, damaged or too large, or holds something else.
    """
    try:
        content = json.loads(
            read_bytes(path, LARGEST_JSON).decode(),
            object_pairs_hook=_without_repetition,
            parse_constant=_refuse_number,
            parse_int=_parse_int,
            parse_float=_parse_float,
        )
        _check_depth(content)
    except (OSError, ValueError, RecursionError) as error:
        check_machine(error)
        raise UsageError(f"{path} cannot be read ({error}); the run must be repeated") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not what a run writes there; the run must be repeated")
    return content


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file with a digest of its content, by which `read_sealed` finds later changes.

    Raises:
        UsageError: the file cannot be written.
    """
    plain = to_json_types(content)
    write_json(path, {**plain, DIGEST: _digest_of(plain)})


def read_sealed(path: Path) -> dict[str, Any]:
    """Reads a JSON file that `write_sealed` wrote: its content without the digest.

    Raises:
        UsageError: the file is missing or damaged, or was changed since it was written.
    """
    content = read_json(path)
    digest = content.pop(DIGEST, None)
    if digest != _digest_of(content):
        raise UsageError(
            f"{path} was changed after the run wrote it (its digest differs); restore it, or repeat the run"
        )
    return content


def read_bytes(path: Path, most: int) -> bytes:
    """Reads a file of limited size.

    Args:
        path: the file.
        most: the most bytes that it may have.

    Raises:
        OSError: it cannot be read, or is no regular file.
        ValueError: it is larger.
    """
    check_size(path, most)
    with path.open("rb") as file:
        return file.read(most)


def check_size(path: Path, most: int) -> None:
    """Checks that a path leads to a regular file of limited size, before anything of it is read.

    Raises:
        OSError: there is no file, or it is of another kind, such as a pipe, whose end may never come.
        ValueError: it is larger than ``most`` bytes.
    """
    size = path.stat().st_size
    if not path.is_file():
        raise OSError("it is not a regular file")
    if size > most:
        raise ValueError(f"it has {size:,} bytes, and not at most {most:,}")


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of(content: Mapping[str, Any]) -> str:
    """The SHA-256 of the entries of a JSON file, whatever their order and layout."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_depth(content: Any) -> None:
    """Checks that objects and lists are not nested so deeply that a function that calls itself would fail."""
    level = [content] if isinstance(content, dict | list) else []
    for _ in range(DEEPEST_JSON):
        inner = [part.values() if isinstance(part, dict) else part for part in level]
        level = [part for parts in inner for part in parts if isinstance(part, dict | list)]
        if not level:
            return
    raise ValueError(f"it has more than {DEEPEST_JSON} levels of objects and lists")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Makes an object of JSON; an entry that is there twice would be read differently by other programs."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("an entry is there twice")
    return content


def _refuse_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _parse_int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _parse_float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number("a number that is too large")


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
        part.unlink(missing_ok=True)  # It may be a link; then writing would follow it.
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
