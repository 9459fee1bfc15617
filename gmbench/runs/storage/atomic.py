"""Atomic directories: written completely or not at all, with digests that reveal later damage."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gmbench.runs.storage.files import PART, file_digest, read_json, write_json

DIGESTS = "digests.json"


def replace_directory(path: Path, fill: Callable[[Path], object]) -> None:
    """Writes a directory beside its final place and then moves it there. It replaces an older directory.

    Args:
        path: the final place.
        fill: writes the files into the directory that it is given.
    """
    part = path.with_name(path.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        fill(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)  # A full disk needs the room.
        raise
    shutil.rmtree(path, ignore_errors=True)
    part.replace(path)


def write_directory(path: Path, fill: Callable[[Path], object]) -> None:
    """Does the same as `replace_directory`, and adds the digests for `verify_directory`."""

    def fill_and_digest(part: Path) -> None:
        fill(part)
        write_json(part / DIGESTS, describe_directory(part, path.name))

    replace_directory(path, fill_and_digest)


def verify_directory(path: Path) -> None:
    """Checks that the files of a directory are those that `write_directory` wrote.

    Raises:
        ValueError or OSError: a file is missing, changed, or was added, or the directory has another name.
    """
    if read_json(path / DIGESTS) != describe_directory(path, path.name):
        raise ValueError("its files are not those that were written")


def describe_directory(folder: Path, name: str) -> dict[str, Any]:
    """The name of a directory, which says what is in it, and the SHA-256 of each of its files."""
    return {"directory": name, "files": _digests(folder)}


def directory_digest(folder: Path) -> str:
    """The SHA-256 of the names and contents of all files in a directory."""
    return hashlib.sha256(json.dumps(_digests(folder)).encode()).hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file in a directory except the file of digests."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DIGESTS)
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
