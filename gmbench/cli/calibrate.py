"""The command ``gmbench calibrate``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli.arguments import AllowedAlgorithm, AsJson, Quiet, TaskId
from gmbench.cli.consoles import output_console
from gmbench.cli.output import print_json
from gmbench.cli.reporting import reporting_stages
from gmbench.errors import UsageError


def calibrate(
    task: TaskId,
    run: Annotated[Path | None, tyro.conf.arg(help="Output of a run: evaluate its agents too.")] = None,
    algorithm: AllowedAlgorithm = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Evaluates policies made by rule, scores them and infers goals; fails unless all come out as expected.

    With a run, its agents follow: unchanged, and with views that break their capability.
    """
    from gmbench.benchmarks.calibration import failures
    from gmbench.benchmarks.registry import load_task
    from gmbench.reports.tables.calibration import calibration_tables
    from gmbench.studies.calibration import calibrate_task

    with reporting_stages(quiet) as stage:
        rows = calibrate_task(task, run, stage, algorithm)
    if json:
        print_json({"task": task, "rows": [dataclasses.asdict(row) for row in rows]})
    else:
        output_console().print(*calibration_tables(task, rows), sep="\n")
    failed = failures(load_task(task), rows)
    if failed:
        raise UsageError(f"{task} is not calibrated: see {', '.join(failed)}")
