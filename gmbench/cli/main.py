"""The command ``gmbench``: its subcommands, and how errors end them.

A subcommand imports what it needs when it runs, so that ``--help`` and ``list`` do not wait for JAX.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import tyro

from gmbench.cli.calibrate import calibrate
from gmbench.cli.endings import run_to_end
from gmbench.cli.inherited import settle_inherited
from gmbench.cli.list_tasks import list_tasks
from gmbench.cli.merge import merge
from gmbench.cli.run import run
from gmbench.cli.score import score
from gmbench.cli.show import show
from gmbench.cli.speed import speed
from gmbench.cli.sweep import sweep
from gmbench.errors import UsageError, hint
from gmbench.runs.compilation import configure_compilation
from gmbench.runs.jax_settings import computing
from gmbench.runs.storage.platforms import check_platform

COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_tasks,
    "show": show,
    "run": run,
    "sweep": sweep,
    "merge": merge,
    "score": score,
    "calibrate": calibrate,
    "speed": speed,
}


def main(arguments: list[str] | None = None) -> int:
    """Runs a subcommand and returns its exit status, see `gmbench.cli.endings`."""
    given = sys.argv[1:] if arguments is None else arguments
    return run_to_end(lambda: _run(given), "gmbench")


def _run(given: list[str]) -> None:
    """Runs the subcommand with the given words.

    Raises:
        UsageError: there is no such command, or its input is wrong.
    """
    check_platform()
    settle_inherited()
    configure_compilation(fast=given[:1] != ["speed"])  # Speed is measured with all optimizations.
    if given and not given[0].startswith("-") and given[0] not in COMMANDS:
        known = hint(given[0], COMMANDS, f"the commands are {', '.join(COMMANDS)}")
        raise UsageError(f"there is no command {given[0]!r}; {known}")
    joining = (run, sweep)
    commands = {
        name: command if command is list_tasks else computing(command, join=command in joining)
        for name, command in COMMANDS.items()
    }
    tyro.extras.subcommand_cli_from_dict(
        commands,
        prog="gmbench",
        description="Goal misgeneralization in reinforcement learning, benchmarked in pure JAX.",
        args=given,
    )
