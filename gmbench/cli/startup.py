"""Measures how long gmbench takes to start: ``python -m gmbench.cli.startup [--repeats N] [--json]``.

Every command runs in a new process. Nothing is compiled by JAX, because none of these commands imports JAX.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from typing import Any

from rich.table import Table

from gmbench.checks import check_whole
from gmbench.cli.arguments import AsJson, Whole
from gmbench.cli.consoles import output_console
from gmbench.cli.output import print_json
from gmbench.cli.standalone import run_standalone
from gmbench.speed.quartiles import Quartiles


@dataclasses.dataclass(frozen=True)
class Startup:
    """A command whose time is measured.

    Attributes:
        name: the command as it is shown.
        arguments: the arguments of the Python interpreter that run it.
        limit: seconds that the median must not exceed; None for no limit.
    """

    name: str
    arguments: tuple[str, ...]
    limit: float | None


STARTUPS = (
    Startup("gmbench --help", ("-m", "gmbench", "--help"), limit=0.5),
    Startup("gmbench list", ("-m", "gmbench", "list"), limit=0.5),
    Startup('python -c "import gmbench"', ("-c", "import gmbench"), limit=0.2),
    Startup("python -c pass", ("-c", "pass"), limit=None),
)
"""The commands that are measured; the last one shows how much of the time is Python's own."""


def time_startup(startup: Startup, repeats: int) -> Quartiles:
    """Returns the seconds that a command takes, from the start of its process until the process has ended.

    One run more is made first and not counted: it writes bytecode files, and reads all files into memory.
    """
    seconds = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, *startup.arguments], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    return Quartiles.of(tuple(seconds[1:]))


def startup_table(times: list[Quartiles]) -> Table:
    """Returns a table with one row for each of `STARTUPS`, whose times are given in the same order."""
    table = Table(title="startup time, seconds", title_justify="left")
    table.add_column("")
    for column in ("median", "quartiles", "limit", "limit holds"):
        table.add_column(column, justify="right")
    for startup, seconds in zip(STARTUPS, times, strict=True):
        limit, holds = "", ""
        if startup.limit is not None:
            limit, holds = f"{startup.limit:.1f}", "yes" if seconds.median <= startup.limit else "no"
        quartiles = f"{seconds.low:.3f} to {seconds.high:.3f}"
        table.add_row(startup.name, f"{seconds.median:.3f}", quartiles, limit, holds)
    return table


def startup_to_json(times: list[Quartiles]) -> dict[str, Any]:
    """Converts the seconds of `STARTUPS`, given in the same order, to values that JSON can hold."""
    from gmbench.speed.machine import describe_machine

    rows = [
        {"command": startup.name, **dataclasses.asdict(seconds), "limit": startup.limit}
        for startup, seconds in zip(STARTUPS, times, strict=True)
    ]
    return {"machine": describe_machine(), "rows": rows}


def main(repeats: Whole = 11, json: AsJson = False) -> None:
    """Prints how long commands take to start, and whether each stays within its limit.

    Args:
        repeats: how often each command is timed.
        json: whether to print JSON instead of a table.
    """
    repeats = check_whole("repeats", repeats, 1, 1000)
    times = [time_startup(startup, repeats) for startup in STARTUPS]
    if json:
        print_json(startup_to_json(times))
    else:
        output_console().print(startup_table(times))


if __name__ == "__main__":
    run_standalone(main, "startup")
