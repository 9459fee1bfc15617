"""What the command line does with runs, suites and sweeps: alone, as a part, or with other processes."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from gmbench.cli.interrupts import patient
from gmbench.cli.progress import Progress
from gmbench.errors import UsageError
from gmbench.reports import tables
from gmbench.runs import (
    distributed,
)
from gmbench.runs import (
    merge as merging,
)
from gmbench.runs import (
    rescore as rescoring,
)
from gmbench.runs import (
    resume as resuming,
)
from gmbench.runs import (
    run as runner,
)
from gmbench.runs import (
    suite as suite_runner,
)
from gmbench.runs import (
    sweep as sweeping,
)
from gmbench.runs.callbacks import Watch
from gmbench.runs.partition import Sharing
from gmbench.runs.storage import results
from gmbench.runs.suite import Told

Scores = Mapping[str, Any]
"""Of a run, a suite or a sweep; empty of a part."""


@dataclasses.dataclass(frozen=True)
class Audience:
    """Who is told how things go on.

    Attributes:
        watch: of each run.
        told: of a suite's tasks.
    """

    watch: Watch
    told: Told


@contextmanager
def watched(console: Console) -> Iterator[Audience]:
    """Shows a progress bar, and stops at Ctrl-C where nothing is lost."""
    with (
        Progress(console) as progress,
        patient(lambda: progress.line("stopping as soon as nothing is lost; Ctrl-C stops at once")) as stop,
    ):
        watch = Watch(progress.stage, progress.update, stop, progress.line)
        told = Told(progress.task, lambda scores: progress.line(tables.headline(scores)))
        yield Audience(watch, told)


def run_task(
    task: str, out: Path, options: Mapping[str, Any], sharing: Sharing, audience: Audience
) -> Scores | None:
    """Runs a task; gives None in a process that is not the first."""
    return _run(functools.partial(runner.run, task, **options), out, sharing, audience)


def run_sweep(
    task: str, out: Path, options: Mapping[str, Any], sharing: Sharing, audience: Audience
) -> Scores | None:
    """Runs a sweep; gives None in a process that is not the first."""
    return _run(functools.partial(sweeping.run_sweep, task, **options), out, sharing, audience)


def _run(run: Callable[..., Any], out: Path, sharing: Sharing, audience: Audience) -> Scores | None:
    """Begins a run or a sweep, alone or with other processes."""

    def begin(folder: Path, part: tuple[int, int]) -> Any:
        return run(out=folder, part=part, block=sharing.block, memory=sharing.memory, watch=audience.watch)

    if not sharing.shared:
        scores: Scores = begin(out, sharing.which).scores
        return scores
    return _run_shared(out, sharing, audience, begin)


def run_suite(
    suite: str, out: Path, options: Mapping[str, Any], sharing: Sharing, audience: Audience
) -> Scores:
    """Runs a suite."""
    if sharing.part is not None or sharing.shared:
        raise UsageError(f"{suite} is a suite, which is not shared out; run each of its tasks in parts")
    given = {**options, "block": sharing.block, "memory": sharing.memory}
    return suite_runner.run_suite(suite, out=out, **given, watch=audience.watch, told=audience.told).scores


def resume(out: Path, sharing: Sharing, audience: Audience) -> Scores | None:
    """Goes on with what was interrupted; gives None in a process that is not the first."""
    if sharing.part is not None or sharing.block is not None:
        raise UsageError("a run goes on with the part and the block that it was begun with; leave them out")
    if sharing.shared:

        def begin(folder: Path, part: tuple[int, int]) -> Any:
            del part
            raise UsageError(f"there is no {folder}; go on with as many processes as it was begun with")

        return _run_shared(out, sharing, audience, begin)
    return _resume(out, sharing, audience).scores


def _resume(out: Path, sharing: Sharing, audience: Audience) -> Any:
    return resuming.resume(out, memory=sharing.memory, watch=audience.watch, told=audience.told)


def merge(parts: Sequence[Path], out: Path, audience: Audience) -> Scores:
    """Puts parts together, of a run or of a sweep."""
    if parts and results.is_sweep(parts[0]):
        return sweeping.merge_sweep(parts, out, audience.watch).scores
    return merging.merge(parts, out, audience.watch).scores


def rescore(out: Path) -> Scores:
    """Scores what is stored again."""
    if results.is_sweep(out):
        return sweeping.rescore_sweep(out)
    return rescoring.rescore_suite(out) if results.is_suite(out) else rescoring.rescore(out)


def _run_shared(
    out: Path, sharing: Sharing, audience: Audience, begin: distributed.Begin[Any]
) -> Scores | None:
    """Runs a part in each process, and puts them together in the first one; None in the others."""
    whole = distributed.run_shared(
        out,
        begin,
        lambda part: _resume(part, sharing, audience),
        lambda parts: _put_together(parts, out, audience.watch),
    )
    return None if whole is None else whole.scores


def _put_together(parts: list[Path], out: Path, watch: Watch) -> Any:
    """The whole, in the directory that has those of its parts."""
    with results.locked(out):
        if not results.is_sweep(parts[0]):
            return merging.put_together(merging.ordered_parts(parts), out, watch)
        return sweeping.put_sweep_together(sweeping.ordered_sweep_parts(parts), out, watch)
