"""Distributed runs: every process of a JAX process group runs one part of the seeds.

Seeds do not depend on each other, so that processes need not communicate. The first process merges the parts.
"""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from gmbench.checks import check_whole
from gmbench.errors import UsageError
from gmbench.runs.jax_settings import check_devices
from gmbench.runs.limits import MOST_PARTS
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import is_used
from gmbench.runs.storage.links import check_links

POLL_SECONDS = 1.0
"""Time between two looks at the results of the other processes."""

ResultT = TypeVar("ResultT")
StartPart = Callable[[Path, tuple[int, int]], ResultT]
"""Runs the part (k, n) of the seeds in a directory."""
CheckPart = Callable[[Path, tuple[int, int]], None]
"""Checks that the part (k, n) in a directory has the settings that are asked for."""


@dataclasses.dataclass(frozen=True)
class ProcessGroup:
    """How to join a process group. JAX detects what is None: SLURM, Open MPI, Kubernetes and TPU pods.

    Attributes:
        coordinator: address of process 0, as ``host:port``.
        processes: number of processes.
        process: number of this process, from 0.

    Raises:
        UsageError: a number is out of range.
    """

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None

    def __post_init__(self) -> None:
        if self.processes is not None:
            count = check_whole("the number of processes", self.processes, 1, MOST_PARTS)
            object.__setattr__(self, "processes", count)
        if self.process is not None:
            most = MOST_PARTS if self.processes is None else self.processes
            number = check_whole("the number of this process", self.process, 0, most - 1)
            object.__setattr__(self, "process", number)


@contextmanager
def joined(group: ProcessGroup | None) -> Iterator[None]:
    """Joins a process group for the duration of a ``with`` block, unless it is None; then checks the devices.

    It must be entered before JAX is used for anything else.

    Raises:
        UsageError: the group cannot be joined, or JAX has no device.
    """
    if group is None:
        check_devices()
        yield
        return
    import jax

    try:
        jax.distributed.initialize(group.coordinator, group.processes, group.process)
    except (ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise UsageError(
            f"the processes cannot be joined ({reason}); give --coordinator HOST:PORT, --processes N and "
            "--process K, or run without --distributed"
        ) from error
    try:
        check_devices()
        yield
    finally:
        jax.distributed.shutdown()


def run_distributed(
    out: Path,
    start: StartPart[ResultT],
    check: CheckPart,
    resume: Callable[[Path], ResultT],
    merge: Callable[[list[Path]], ResultT],
) -> ResultT | None:
    """Runs one part of the seeds in each process, and merges the parts in the first process.

    Processes wait for each other by polling the directory: the barriers of JAX time out after minutes, and
    parts may take hours. If one process dies, JAX ends the others.

    Args:
        out: the directory of the whole, which all processes share.
        start: runs a part in a directory.
        check: checks a part that was started before.
        resume: resumes an interrupted part.
        merge: merges the directories of all parts.

    Returns:
        The whole in the first process, None in the others.

    Raises:
        UsageError: the directory holds something else, or parts of another run. Nothing in it is removed.
    """
    import jax

    part, count = jax.process_index() + 1, jax.process_count()
    if count == 1:
        return _run_own(out, (1, 1), start, check, resume)
    if out.is_dir():
        check_links(out)
    folders = [out / f"part-{number}-of-{count}" for number in range(1, count + 1)]
    _check_parts_only(out, folders)
    own = folders[part - 1]
    if not manifests.is_partial(own):
        _run_own(own, (part, count), start, check, resume)
    else:
        check(own, (part, count))
    if part > 1:
        _wait(lambda: manifests.is_complete(out))
        return None
    _wait(lambda: all(map(manifests.is_partial, folders)))
    for number, folder in enumerate(folders, start=1):
        check(folder, (number, count))
    whole = merge(folders)
    for folder in folders:
        shutil.rmtree(folder)
    return whole


def _run_own(
    own: Path,
    part: tuple[int, int],
    start: StartPart[ResultT],
    check: CheckPart,
    resume: Callable[[Path], ResultT],
) -> ResultT:
    """Starts the part of this process, or resumes it."""
    if not manifests.is_interrupted(own):
        return start(own, part)
    check(own, part)
    return resume(own)


def _check_parts_only(out: Path, folders: list[Path]) -> None:
    """Checks that a directory is new, or holds nothing but parts of a run of as many processes.

    Raises:
        UsageError: it holds something else.
    """
    if manifests.is_complete(out):
        raise UsageError(f"the run in {out} is complete; gmbench score {out} shows its scores")
    found = set(out.glob("part-*")) if out.is_dir() else set()
    if found - set(folders):
        raise UsageError(
            f"{out} has parts of a run of another number of processes than {len(folders)}; "
            "resume it with as many as before, or give --out a new directory"
        )
    if is_used(out) and not found:
        raise UsageError(f"{out} is not empty and nothing in it is overwritten; give --out a new directory")


def _wait(until: Callable[[], bool]) -> None:
    while not until():
        time.sleep(POLL_SECONDS)
