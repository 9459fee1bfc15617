"""How the seeds of a run are shared out: what the command line asks."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import tyro

from gmbench.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Sharing:
    """How the seeds of a run are shared out."""

    block: Annotated[
        int | None,
        tyro.conf.arg(help="Seeds that are computed together: the last digits depend on it, and on no more."),
    ] = None
    memory: Annotated[
        float | None, tyro.conf.arg(help="GiB that may be used on each device; else half of what is free.")
    ] = None
    part: Annotated[
        str | None, tyro.conf.arg(metavar="K/N", help="Run part K of N alone; see `gmbench merge`.")
    ] = None
    distributed: Annotated[
        bool, tyro.conf.arg(help="Share with the other processes of this job: SLURM, Kubernetes, TPU pods.")
    ] = False
    coordinator: Annotated[
        str | None,
        tyro.conf.arg(metavar="HOST:PORT", help="The first process, where it is not found out by itself."),
    ] = None
    processes: Annotated[int | None, tyro.conf.arg(help="How many processes, likewise.")] = None
    process: Annotated[int | None, tyro.conf.arg(help="Which of them this is, from 0, likewise.")] = None

    @property
    def which(self) -> tuple[int, int]:
        """The part that was asked for.

        Raises:
            UsageError: it cannot be understood.
        """
        if self.part is None:
            return 1, 1
        which, _, parts = self.part.partition("/")
        if not (which.isdecimal() and parts.isdecimal()):
            raise UsageError(f"a part is given as 3/16, the third of sixteen, and not as {self.part!r}")
        return int(which), int(parts)

    @property
    def shared(self) -> bool:
        """Whether there are other processes.

        Raises:
            UsageError: what was asked for does not go together.
        """
        given = (self.coordinator, self.processes, self.process)
        if any(value is not None for value in given) and not self.distributed:
            raise UsageError("--coordinator, --processes and --process go with --distributed")
        if self.distributed and self.part is not None:
            raise UsageError("with --distributed each process takes its own part; leave --part out")
        return self.distributed


ALONE = Sharing()
"""All seeds in this process."""
