"""Atomic directories: written completely or not at all, with digests that reveal later damage."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from gmbench.runs.storage.files import PART

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
        (part / DIGESTS).write_text(json.dumps(_digests(part)))

    replace_directory(path, fill_and_digest)


def verify_directory(path: Path) -> None:
    """Checks that the files of a directory are those that `write_directory` wrote.

    Raises:
        ValueError or OSError: a file is missing, changed, or was added.
    """
    if json.loads((path / DIGESTS).read_text()) != _digests(path):
        raise ValueError("its files are not those that were written")


def _digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file in a directory except the file of digests."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DIGESTS)
    return {str(path.relative_to(folder)): _digest(path) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
