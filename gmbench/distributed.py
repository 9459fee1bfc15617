"""Runs shared out over hosts, by JAX's own distributed runtime: every process runs a part of the seeds.

Seeds do not depend on each other, so processes speak only to wait for each other; the first one puts the
parts together.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gmbench import results
from gmbench.errors import UsageError

FoundT = TypeVar("FoundT")
Begin = Callable[[Path, tuple[int, int]], FoundT]
"""Runs a part in a directory."""


def join_processes(coordinator: str | None, processes: int | None, process: int | None) -> None:
    """Joins the processes of a run. To be called before JAX is used for anything else.

    Args:
        coordinator: HOST:PORT of the first process; None where JAX finds it out, as under SLURM, with Open
            MPI, on Kubernetes and on TPU pods. So for the next two.
        processes: how many there are.
        process: the number of this one, from 0.

    Raises:
        UsageError: they cannot be joined.
    """
    import jax

    try:
        jax.distributed.initialize(coordinator, processes, process)
    except (ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"the processes cannot be joined ({reason}); give --coordinator HOST:PORT, --processes N and "
            "--process K, or run without --distributed"
        ) from error


def leave_processes() -> None:
    """Leaves the processes of a run, when all is done."""
    import jax

    jax.distributed.shutdown()


def run_shared(
    out: Path,
    begin: Begin[FoundT],
    resume: Callable[[Path], FoundT],
    put_together: Callable[[list[Path]], FoundT],
) -> FoundT | None:
    """Runs a part in each process, and puts them together in the first one.

    Args:
        out: the directory of the whole, which all processes reach.
        begin: runs a part in a directory.
        resume: goes on with an interrupted one.
        put_together: makes the whole of the directories of all parts.

    Returns:
        The whole in the first process, None in the others.
    """
    import jax
    from jax.experimental import multihost_utils

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
    multihost_utils.sync_global_devices("all parts are there")
    found = put_together(parts) if which == 1 else None
    multihost_utils.sync_global_devices("they are put together")
    if which == 1:
        for part in parts:
            shutil.rmtree(part)
    return found
