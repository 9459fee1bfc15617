"""The command ``gmbench list``."""

from __future__ import annotations

import dataclasses

from gmbench.cli.arguments import AsJson
from gmbench.cli.consoles import output_console
from gmbench.cli.output import print_json


def list_tasks(json: AsJson = False) -> None:
    """Lists the tasks, the suites and the algorithms."""
    from gmbench.agents import ALGORITHMS
    from gmbench.benchmarks.descriptions import TASKS
    from gmbench.benchmarks.suites import SUITES
    from gmbench.reports.tables import listing

    if json:
        fields = ("goal", "proxy", "shift", "source", "references")
        tasks = {name: {field: getattr(task, field) for field in fields} for name, task in TASKS.items()}
        suites = {name: dataclasses.asdict(suite) for name, suite in SUITES.items()}
        print_json({"tasks": tasks, "suites": suites, "algorithms": list(ALGORITHMS)})
        return
    console = output_console()
    console.print(listing.task_table())
    console.print(listing.suites_table())
    console.print(listing.algorithm_line(), highlight=False)
