"""The command ``gmbench sweep``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli.arguments import (
    AsJson,
    Distribution,
    DistributionArguments,
    Quiet,
    Real,
    TaskId,
    Training,
    TrainingArguments,
    Whole,
)
from gmbench.cli.distribution import start
from gmbench.cli.output import print_outcome
from gmbench.cli.reporting import reporting


def sweep(
    task: TaskId,
    out: Annotated[Path, tyro.conf.arg(help="A new directory for the results.")],
    alpha: Annotated[
        tuple[Real, ...], tyro.conf.arg(help="Fractions of training levels that are shifted.")
    ] = (0.0,),
    levels: Annotated[
        tuple[Whole, ...], tyro.conf.arg(help="Numbers of training levels that are drawn; else the budget's.")
    ] = (),
    training: TrainingArguments = Training(),  # noqa: B008 - frozen
    distribution: DistributionArguments = Distribution(),  # noqa: B008 - frozen
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Runs a task under every combination of training conditions, and shows the effect of each.

    An interrupted sweep resumes with `gmbench run --resume DIR`.
    """
    from gmbench.runs.distributed import joined

    with joined(distribution.process_group):
        import gmbench
        from gmbench.runs.sweep import plan_sweep

        run = functools.partial(gmbench.run_sweep, task, alpha=alpha, levels=levels)
        plan = functools.partial(plan_sweep, task, alpha=alpha, levels=levels)
        with reporting(out, quiet) as callbacks:
            scores = start(run, plan, vars(training), out, distribution, callbacks)
        print_outcome(scores, out, json, quiet)
