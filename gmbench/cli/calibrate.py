"""The command ``gmbench calibrate``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli.arguments import AsJson, TaskId
from gmbench.cli.consoles import error_console, output_console
from gmbench.cli.output import print_json
from gmbench.cli.progress import Progress
from gmbench.errors import UsageError


def calibrate(
    task: TaskId,
    run: Annotated[Path | None, tyro.conf.arg(help="Output of a run: evaluate its agents too.")] = None,
    json: AsJson = False,
) -> None:
    """Evaluates the reference policies, scores them and infers their goals; fails unless all pass.

    With a run, its agents follow: unchanged, and with views that break their capability.
    """
    from gmbench.reports.tables.calibration import calibration_tables
    from gmbench.studies.calibration import calibrate_task

    with Progress(error_console()) as progress:
        rows = calibrate_task(task, run, progress.stage)
    if json:
        print_json([dataclasses.asdict(row) for row in rows])
    else:
        output_console().print(*calibration_tables(task, rows), sep="\n")
    failed = [f"{row.policy} on {row.pack}" for row in rows if row.passed is False]
    if failed:
        raise UsageError(f"{task} is not calibrated: see {', '.join(failed)}")
