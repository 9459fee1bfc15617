"""Running a function as a command of its own: ``python -m gmbench.cli.NAME``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import tyro

from gmbench.errors import UsageError

WRONG_INPUT = 2
"""Exit status of a command that was given wrong input."""


def run_standalone(command: Callable[..., None], name: str) -> None:
    """Runs a function with the arguments of the command line. Wrong input prints one sentence.

    Args:
        command: the function; its docstring becomes the help.
        name: name of the module within ``gmbench.cli``.
    """
    try:
        tyro.cli(command, prog=f"python -m gmbench.cli.{name}")
    except UsageError as error:
        print(f"gmbench.cli.{name}: {error}", file=sys.stderr)
        sys.exit(WRONG_INPUT)
