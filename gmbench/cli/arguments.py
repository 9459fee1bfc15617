"""Arguments that several commands share: their types, and the text of their help."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from tyro.constructors import PrimitiveConstructorSpec

from gmbench.errors import UsageError

if TYPE_CHECKING:
    from gmbench.runs.distributed import ProcessGroup


def _read_number(words: list[str]) -> Any:
    """Reads a number. Any other text is left to the check of the option, whose message names it."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(words[0])
    return words[0]


def _number(metavar: str) -> PrimitiveConstructorSpec[Any]:
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=_read_number,
        is_instance=lambda value: isinstance(value, int | float),
        str_from_instance=lambda value: [str(value)],
    )


Whole = Annotated[int, _number("INT")]
"""A whole number, which may be written as 1e6."""
Real = Annotated[float, _number("FLOAT")]
"""A number."""
TaskId = Annotated[
    str, tyro.conf.Positional, tyro.conf.arg(metavar="TASK", help="Id of a task, see `gmbench list`.")
]
AsJson = Annotated[bool, tyro.conf.arg(help="Print JSON instead of a table.")]
Quiet = Annotated[
    bool, tyro.conf.arg(help="Show no progress: on stderr only errors, and what a result lacks.")
]

AllowedAlgorithm = Annotated[
    str | None,
    tyro.conf.arg(
        help="The algorithm of the run, if it is not one of gmbench: allows its code to be run.",
    ),
]


@dataclasses.dataclass(frozen=True)
class Training:
    """What is trained, and how long."""

    algorithm: Annotated[
        str | None,
        tyro.conf.arg(
            help="ppo, ppo-rnn, or your own as package.module:factory; else that of the task. With --resume, "
            "it allows the code of this algorithm to be run.",
        ),
    ] = None
    budget: Annotated[
        str, tyro.conf.arg(help="quick or standard; it fills in seeds, steps and levels that are not given.")
    ] = "quick"
    seeds: Annotated[Whole | None, tyro.conf.arg(help="Number of training seeds.")] = None
    steps: Annotated[Whole | None, tyro.conf.arg(help="Environment steps per seed.")] = None


@dataclasses.dataclass(frozen=True)
class Distribution:
    """How the seeds are distributed over memory, parts and processes."""

    block: Annotated[
        Whole | None,
        tyro.conf.arg(help="Seeds per block; affects results only by floating-point rounding."),
    ] = None
    memory: Annotated[
        Real | None,
        tyro.conf.arg(help="GiB that training may use on each device; else half of what is free."),
    ] = None
    part: Annotated[
        str | None, tyro.conf.arg(metavar="K/N", help="Run only part K of N; see `gmbench merge`.")
    ] = None
    distributed: Annotated[
        bool,
        tyro.conf.arg(
            help="Share the seeds with the other processes of this job: SLURM, Kubernetes, TPU pods."
        ),
    ] = False
    coordinator: Annotated[
        str | None, tyro.conf.arg(metavar="HOST:PORT", help="Address of process 0, if not detected.")
    ] = None
    processes: Annotated[Whole | None, tyro.conf.arg(help="Number of processes, if not detected.")] = None
    process: Annotated[
        Whole | None, tyro.conf.arg(help="Number of this process, from 0, if not detected.")
    ] = None

    @property
    def which_part(self) -> tuple[int, int]:
        """The part as two numbers (k, n).

        Raises:
            UsageError: the part is not written as K/N.
        """
        if self.part is None:
            return 1, 1
        part, _, parts = self.part.partition("/")
        if not (part.isdecimal() and parts.isdecimal()):
            raise UsageError(f"a part is given as 3/16, the third of sixteen, and not as {self.part!r}")
        return int(part), int(parts)

    @property
    def process_group(self) -> ProcessGroup | None:
        """The process group to join, or None.

        Raises:
            UsageError: the options contradict each other.
        """
        given = (self.coordinator, self.processes, self.process)
        if any(value is not None for value in given) and not self.distributed:
            raise UsageError("--coordinator, --processes and --process go with --distributed")
        if self.distributed and self.part is not None:
            raise UsageError("with --distributed each process takes its own part; leave --part out")
        from gmbench.runs.distributed import (
            ProcessGroup,
        )  # It imports pyarrow, which --help need not wait for.

        return ProcessGroup(*given) if self.distributed else None


TrainingArguments = Annotated[Training, tyro.conf.arg(name="")]
DistributionArguments = Annotated[Distribution, tyro.conf.arg(name="")]
