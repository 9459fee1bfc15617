"""Runs shared out over hosts, by JAX's own distributed runtime: every process runs a part of the seeds.

Seeds do not depend on each other, so that processes have little to say to each other; the first one puts the
parts together.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from gmbench.runs.storage import results
from gmbench.errors import UsageError
from gmbench.runs.partition import Sharing

SECONDS = 1.0
"""Between two looks at what the other processes have done."""

FoundT = TypeVar("FoundT")
Begin = Callable[[Path, tuple[int, int]], FoundT]
"""Runs a part in a directory."""


@contextmanager
def joined(sharing: Sharing) -> Iterator[None]:
    """Joins the processes of a run, if it is shared out among some, for what is done within.

    To be entered before JAX is used for anything else.

    Args:
        sharing: what was asked for; JAX finds out what was not, as under SLURM, with Open MPI, on Kubernetes
            and on TPU pods.

    Raises:
        UsageError: they cannot be joined.
    """
    if not sharing.shared:
        yield
        return
    import jax

    try:
        jax.distributed.initialize(sharing.coordinator, sharing.processes, sharing.process)
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


def run_shared(
    out: Path,
    begin: Begin[FoundT],
    resume: Callable[[Path], FoundT],
    put_together: Callable[[list[Path]], FoundT],
) -> FoundT | None:
    """Runs a part in each process, and puts them together in the first one.

    Processes wait for each other by looking at the directory: JAX's own barriers give up after a while, and
    parts may take hours. Should one process die, JAX ends the others.

    Args:
        out: the directory of the whole, which all processes reach.
        begin: runs a part in a directory.
        resume: goes on with an interrupted one.
        put_together: makes the whole of the directories of all parts.

    Returns:
        The whole in the first process, None in the others.
    """
    import jax

    which, count = jax.process_index() + 1, jax.process_count()
    if count == 1:
        return resume(out) if results.is_interrupted(out) else begin(out, (1, 1))
    if results.is_used(out) and not list(out.glob("part-*")):
        raise UsageError(f"{out} is not empty and nothing in it is overwritten; give --out a new directory")
    parts = [out / f"part-{number}-of-{count}" for number in range(1, count + 1)]
    own = parts[which - 1]
    if results.is_interrupted(own):
        resume(own)
    elif not results.is_partial(own):
        begin(own, (which, count))
    if which > 1:
        _wait(lambda: results.is_complete(out))
        return None
    _wait(lambda: all(map(results.is_partial, parts)))
    found = put_together(parts)
    for part in parts:
        shutil.rmtree(part)
    return found


def _wait(until: Callable[[], bool]) -> None:
    while not until():
        time.sleep(SECONDS)
