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

from gmbench.errors import UsageError
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import is_used

POLL_SECONDS = 1.0
"""Time between two looks at the results of the other processes."""

ResultT = TypeVar("ResultT")
StartPart = Callable[[Path, tuple[int, int]], ResultT]
"""Runs the part (k, n) of the seeds in a directory."""


@dataclasses.dataclass(frozen=True)
class ProcessGroup:
    """How to join a process group. JAX detects what is None: SLURM, Open MPI, Kubernetes and TPU pods.

    Attributes:
        coordinator: address of process 0, as ``host:port``.
        processes: number of processes.
        process: number of this process, from 0.
    """

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None


@contextmanager
def joined(group: ProcessGroup | None) -> Iterator[None]:
    """Joins a process group for the duration of a ``with`` block; does nothing for None.

    It must be entered before JAX is used for anything else.

    Raises:
        UsageError: the group cannot be joined.
    """
    if group is None:
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
        yield
    finally:
        jax.distributed.shutdown()


def run_distributed(
    out: Path,
    start: StartPart[ResultT],
    resume: Callable[[Path], ResultT],
    merge: Callable[[list[Path]], ResultT],
) -> ResultT | None:
    """Runs one part of the seeds in each process, and merges the parts in the first process.

    Processes wait for each other by polling the directory: the barriers of JAX time out after minutes, and
    parts may take hours. If one process dies, JAX ends the others.

    Args:
        out: the directory of the whole, which all processes share.
        start: runs a part in a directory.
        resume: resumes an interrupted part.
        merge: merges the directories of all parts.

    Returns:
        The whole in the first process, None in the others.
    """
    import jax

    part, count = jax.process_index() + 1, jax.process_count()
    if count == 1:
        return resume(out) if manifests.is_interrupted(out) else start(out, (1, 1))
    if is_used(out) and not list(out.glob("part-*")):
        raise UsageError(f"{out} is not empty and nothing in it is overwritten; give --out a new directory")
    folders = [out / f"part-{number}-of-{count}" for number in range(1, count + 1)]
    own = folders[part - 1]
    if manifests.is_interrupted(own):
        resume(own)
    elif not manifests.is_partial(own):
        start(own, (part, count))
    if part > 1:
        _wait(lambda: manifests.is_complete(out))
        return None
    _wait(lambda: all(map(manifests.is_partial, folders)))
    whole = merge(folders)
    for folder in folders:
        shutil.rmtree(folder)
    return whole


def _wait(until: Callable[[], bool]) -> None:
    while not until():
        time.sleep(POLL_SECONDS)
