"""The command of the study of hostile policies: ``python -m gmbench.cli.hostile [TASK...] [--json]``."""

from __future__ import annotations

import dataclasses

import tyro

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.cli.arguments import AsJson, Quiet
from gmbench.cli.consoles import output_console
from gmbench.cli.output import print_json
from gmbench.cli.reporting import reporting_stages
from gmbench.cli.standalone import run_standalone
from gmbench.errors import UsageError
from gmbench.reports.tables.hostile import hostile_table
from gmbench.studies.hostile import mistakes, study_task


def main(
    tasks: tyro.conf.Positional[tuple[str, ...]] = (), json: AsJson = False, quiet: Quiet = False
) -> None:
    """Plays policies that try to get a share that they do not deserve, and shows what the scores say.

    Args:
        tasks: ids of tasks; without any, all of them.
        json: whether to print JSON instead of a table.
        quiet: whether to show no progress.

    Raises:
        UsageError: there is no such task, or a score is mistaken about a policy and it is not known why.
    """
    chosen = [load_task(task) for task in tasks or TASKS]
    with reporting_stages(quiet) as stage:
        rows = [row for task in chosen for row in study_task(task, stage)]
    if json:
        print_json({"rows": [dataclasses.asdict(row) for row in rows]})
    else:
        output_console().print(*(hostile_table(task.id, rows) for task in chosen), sep="\n")
    if wrong := mistakes(rows):
        raise UsageError(f"scores are mistaken about {', '.join(wrong)}")


if __name__ == "__main__":
    run_standalone(main, "hostile")
