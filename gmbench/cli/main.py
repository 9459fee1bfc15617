"""The command ``gmbench``: its subcommands, and how errors end them.

A subcommand imports what it needs when it runs, so that ``--help`` and ``list`` do not wait for JAX.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import tyro

from gmbench.cli.calibrate import calibrate
from gmbench.cli.list_tasks import list_tasks
from gmbench.cli.merge import merge
from gmbench.cli.run import run
from gmbench.cli.score import score
from gmbench.cli.show import show
from gmbench.cli.speed import speed
from gmbench.cli.sweep import sweep
from gmbench.errors import Interrupted, UsageError
from gmbench.runs.compilation import configure_compilation

INTERRUPTED = 130
"""Exit status of a command that Ctrl-C has stopped, as in shells."""

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
    """Runs a subcommand and returns its exit status. Wrong input prints one sentence and gives status 2."""
    given = sys.argv[1:] if arguments is None else arguments
    configure_compilation(fast=given[:1] != ["speed"])  # Speed is measured with all optimizations.
    try:
        tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="gmbench",
            description="Goal misgeneralization in reinforcement learning, benchmarked in pure JAX.",
            args=given,
        )
    except UsageError as error:
        print(f"gmbench: {error}", file=sys.stderr)
        return 2
    except Interrupted as error:
        print(f"gmbench: {error}", file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print("gmbench: stopped immediately", file=sys.stderr)
        return INTERRUPTED
    return 0
