"""Running a function as a command of its own: ``python -m gmbench.cli.NAME``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import tyro

from gmbench.cli import interrupts
from gmbench.cli.endings import run_to_end
from gmbench.runs.jax_settings import computing
from gmbench.runs.storage.platforms import check_platform


def run_standalone(command: Callable[..., None], name: str) -> None:
    """Runs a function with the arguments of the command line, and exits, see `gmbench.cli.endings`.

    Args:
        command: the function; its docstring becomes the help.
        name: name of the module within ``gmbench.cli``.
    """
    interrupts.INTERRUPTS.name = f"gmbench.cli.{name}"

    def run() -> None:
        check_platform()
        tyro.cli(computing(command), prog=f"python -m gmbench.cli.{name}")

    sys.exit(run_to_end(run, f"gmbench.cli.{name}"))
