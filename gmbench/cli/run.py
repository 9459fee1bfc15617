"""The command ``gmbench run``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Any

import tyro

from gmbench.cli.arguments import (
    AsJson,
    Distribution,
    DistributionArguments,
    Quiet,
    Real,
    Training,
    TrainingArguments,
    Whole,
)
from gmbench.cli.distribution import Scores, run_distributed, start
from gmbench.cli.output import print_outcome
from gmbench.cli.reporting import reporting
from gmbench.errors import UsageError


def run(
    name: Annotated[
        str | None,
        tyro.conf.Positional,
        tyro.conf.arg(metavar="TASK|SUITE", help="Id of a task or of a suite, see `gmbench list`."),
    ] = None,
    out: Annotated[Path | None, tyro.conf.arg(help="A new directory for the results.")] = None,
    resume: Annotated[
        Path | None,
        tyro.conf.arg(help="Resume the interrupted run, suite or sweep in this directory; needs no name."),
    ] = None,
    training: TrainingArguments = Training(),  # noqa: B008 - frozen
    alpha: Annotated[Real, tyro.conf.arg(help="Fraction of training levels that are shifted.")] = 0.0,
    levels: Annotated[Whole | None, tyro.conf.arg(help="Number of training levels that are drawn.")] = None,
    distribution: DistributionArguments = Distribution(),  # noqa: B008 - frozen
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Trains many seeds on a task, evaluates and scores each, and stores results and figures.

    For a suite, it runs task after task. The first Ctrl-C, or SIGTERM, saves the training and stops, and
    --resume resumes the run; a second one stops immediately.
    """
    from gmbench.runs.distributed import joined

    folder = _folder(name, out, resume)
    with joined(distribution.process_group):
        from gmbench.benchmarks.suites import SUITES

        with reporting(folder, quiet) as callbacks:
            options = {**vars(training), "alpha": alpha, "levels": levels}
            if name is None:
                scores = _resume(folder, training.algorithm, distribution, callbacks)
            elif name in SUITES:
                scores = _run_suite(name, folder, options, distribution, callbacks)
            else:
                scores = _run_task(name, folder, options, distribution, callbacks)
        print_outcome(scores, folder, json, quiet)


def _folder(name: str | None, out: Path | None, resume: Path | None) -> Path:
    """The directory of a run that is started or resumed.

    Raises:
        UsageError: neither was asked for, or both.
    """
    if name is not None and out is not None and resume is None:
        return out
    if resume is not None and name is None and out is None:
        return resume
    raise UsageError("give either a task or suite and --out DIR, or --resume DIR alone")


def _run_task(
    task: str, out: Path, options: dict[str, Any], distribution: Distribution, callbacks: Any
) -> Scores | None:
    import gmbench
    from gmbench.runs.run import plan_run

    run, plan = functools.partial(gmbench.run, task), functools.partial(plan_run, task)
    return start(run, plan, options, out, distribution, callbacks)


def _run_suite(
    suite: str, out: Path, options: dict[str, Any], distribution: Distribution, callbacks: Any
) -> Scores:
    import gmbench

    if distribution.part is not None or distribution.distributed:
        raise UsageError(f"{suite} is a suite, which has no parts; run each of its tasks in parts")
    given = {**options, "block": distribution.block, "memory": distribution.memory}
    return gmbench.run_suite(suite, out=out, callbacks=callbacks, **given).scores


def _resume(out: Path, algorithm: str | None, distribution: Distribution, callbacks: Any) -> Scores | None:
    import gmbench

    if distribution.part is not None or distribution.block is not None:
        raise UsageError("a run resumes with the part and the block that it was started with; leave them out")
    if not distribution.distributed:
        return gmbench.resume(
            out, algorithm=algorithm, memory=distribution.memory, callbacks=callbacks
        ).scores

    def start_part(folder: Path, part: tuple[int, int]) -> Any:
        raise UsageError(f"there is no {folder}; resume with as many processes as the run was started with")

    def accept_part(folder: Path, part: tuple[int, int]) -> None:
        """Accepts every part: the user gives no settings with which it could be compared."""

    return run_distributed(out, start_part, accept_part, distribution, algorithm, callbacks)
