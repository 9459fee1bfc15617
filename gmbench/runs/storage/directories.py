"""Output directories: claiming one for a new run, and locking it while a process works there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gmbench.errors import UsageError
from gmbench.runs.storage.files import PART
from gmbench.runs.storage.manifests import is_interrupted
from gmbench.runs.storage.platforms import check_platform

LOCK = ".lock"


def claim(out: Path) -> None:
    """Creates a directory for a new run.

    Raises:
        UsageError: the directory is not empty or cannot be created.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; give --out the name of a new directory")
    if is_interrupted(out):
        raise UsageError(f"the run in {out} is not complete; resume it with gmbench run --resume {out}")
    if is_used(out):
        raise UsageError(f"{out} is not empty and nothing in it is overwritten; give --out a new directory")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be made ({error.strerror}); give --out another directory") from error


def is_used(out: Path) -> bool:
    """Whether a directory holds any file of a run; a run that was killed at once has left none."""
    return out.is_dir() and any(path.name != LOCK and path.suffix != PART for path in out.iterdir())


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Locks a directory for this process. The lock is released when the process ends, however it ends.

    Raises:
        UsageError: another process holds the lock, or the operating system has no such locks.
    """
    check_platform()
    import fcntl  # Windows does not have it.

    with (out / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"another run is at work in {out}; wait for it, or give a new --out") from error
        try:
            yield
        finally:
            (out / LOCK).unlink(missing_ok=True)
