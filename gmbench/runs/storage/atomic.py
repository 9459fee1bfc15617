"""Directories that are written whole or not at all, and of which it can be told whether they still are."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from gmbench.runs.storage.results import PART

DIGESTS = "digests.json"


def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Fills a directory beside its place, and moves it there, where it replaces what was there."""
    part = path.with_name(path.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    fill(part)
    (part / DIGESTS).write_text(json.dumps(_digests(part)))
    shutil.rmtree(path, ignore_errors=True)
    part.replace(path)


def check_whole(path: Path) -> None:
    """Whether a directory is as it was written.

    Raises:
        ValueError or OSError: it is not.
    """
    if json.loads((path / DIGESTS).read_text()) != _digests(path):
        raise ValueError("its files are not those that were written")


def _digests(folder: Path) -> dict[str, str]:
    """A hash of every file in a folder, but for that of the hashes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DIGESTS)
    return {str(path.relative_to(folder)): _digest(path) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
