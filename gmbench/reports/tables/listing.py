"""What ``gmbench list`` prints: the tasks, the suites and the algorithms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table

from gmbench.agents import ALGORITHMS
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.suites import SUITES


def task_table() -> Table:
    """Returns the table of the tasks."""
    rows = ((name, task.goal, task.proxy, task.shift, task.source) for name, task in TASKS.items())
    return _folding_table("tasks", ("task", "intended goal", "proxy", "shift", "source"), rows)


def suites_table() -> Table:
    """Returns the table of the suites."""
    rows = ((name, suite.description, ", ".join(suite.tasks)) for name, suite in SUITES.items())
    return _folding_table("suites", ("suite", "what it is for", "tasks"), rows)


def algorithm_line() -> str:
    """Returns a line that names the algorithms."""
    return f"algorithms: {', '.join(ALGORITHMS)}, or your own as package.module:factory"


def _folding_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Returns a table whose cells wrap, so that no text is cut off."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
