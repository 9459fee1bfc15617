"""Output directories: claiming one for a new run, and locking it while a process works there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gmbench.errors import Interrupted, UsageError
from gmbench.runs.storage import manifests
from gmbench.runs.storage.files import PART, cannot_write
from gmbench.runs.storage.links import check_links
from gmbench.runs.storage.manifests import is_interrupted
from gmbench.runs.storage.platforms import check_platform

LOCK = ".lock"
PLANS = (manifests.MANIFEST, manifests.SUITE, manifests.SWEEP, "plan.json")
"""The files that are written before training begins."""
MERGING = f"merging{PART}"
"""A file that is there while parts are merged."""
_held: dict[Path, IO[str]] = {}
"""The files of the locks that this process holds, by their directories."""


def claim(out: Path, merge: bool = False) -> None:
    """Creates a directory for a new run.

    Args:
        out: the directory.
        merge: whether it is for a merge, which may begin again where one was interrupted.

    Raises:
        UsageError: the directory is not empty or cannot be created.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; give --out the name of a new directory")
    if is_interrupted(out):
        raise UsageError(f"the run in {out} is not complete; resume it with gmbench run --resume {out}")
    if is_used(out) and not (merge and (out / MERGING).exists()):
        raise UsageError(f"{out} is not empty and nothing in it is overwritten; give --out a new directory")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be made ({error.strerror}); give --out another directory") from error


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Claims a directory for a new run, locks it for a ``with`` block, and releases it, see `released`.

    Raises:
        UsageError: see `claim` and `locked`.
    """
    new = not out.exists()
    claim(out)
    with locked(out), released(out, itself=new):
        yield


@contextmanager
def released(out: Path, itself: bool) -> Iterator[None]:
    """Empties a directory again if a ``with`` block fails before it has saved any training or result in it.

    So the corrected command can have the directory.

    Args:
        out: a directory that was claimed and locked before.
        itself: whether to remove the directory itself too.
    """
    try:
        yield
    except Interrupted:
        raise
    except Exception:
        if _is_ours(out) and _holds_plans_only(out):
            _remove(out, itself)
        raise


def _holds_plans_only(out: Path) -> bool:
    """Whether a directory holds nothing but what a run, a suite or a sweep writes before it trains."""
    files = (path.name for path in out.rglob("*") if not path.is_dir())
    return all(name in (*PLANS, LOCK) or name.endswith(PART) for name in files)


def _remove(out: Path, itself: bool) -> None:
    for path in out.iterdir():
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if itself:
        with contextlib.suppress(OSError):
            out.rmdir()


def is_used(out: Path) -> bool:
    """Whether a directory holds any file of a run; a run that was killed at once has left none."""
    return out.is_dir() and any(path.name != LOCK and path.suffix != PART for path in out.iterdir())


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Locks a directory for this process. The lock is released when the process ends, however it ends.

    Raises:
        UsageError: another process holds the lock, a link in the directory leads out of it, or the operating
            system has no such locks.
    """
    check_platform()
    check_links(out)
    import fcntl  # Windows does not have it.

    try:
        file = (out / LOCK).open("a")
    except OSError as error:
        raise cannot_write(out, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _is_at_work(out) from error
        except OSError as error:
            raise UsageError(
                f"{out} cannot be locked ({error.strerror}); give --out a directory on another file system"
            ) from error
        if not _is_file_of_lock(out, file):
            raise _is_at_work(out)  # It was removed by the process that held it, between both steps.
        _held[out] = file
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                if _is_ours(out):
                    (out / LOCK).unlink()
            del _held[out]


def check_lock(out: Path) -> None:
    """Checks that a directory that this process has locked is there, and is locked by it still.

    Raises:
        UsageError: it was removed or replaced, or its lock was.
    """
    if out in _held and not _is_ours(out):
        raise UsageError(
            f"{out}, or the file {LOCK} in it, was removed while the run was at work there, and another run "
            "may have taken its place; give --out a new directory and leave it alone"
        )


def _is_ours(out: Path) -> bool:
    """Whether this process holds the lock of a directory, and the directory and the lock are still there."""
    return out in _held and _is_file_of_lock(out, _held[out])


def _is_file_of_lock(out: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(os.stat(out / LOCK), os.fstat(file.fileno()))
    except OSError:
        return False


def _is_at_work(out: Path) -> UsageError:
    return UsageError(f"another run is at work in {out}; wait for it, or give a new --out")
