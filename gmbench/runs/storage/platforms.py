"""The operating systems on which gmbench runs: Linux and macOS."""

from __future__ import annotations

import importlib
import sys

from gmbench.errors import UsageError


def check_platform() -> None:
    """Checks that this operating system has what runs need: locks on files that end with their process.

    Raises:
        UsageError: it has not, as Windows.
    """
    try:
        importlib.import_module("fcntl")
    except ImportError as error:
        raise UsageError(
            f"gmbench runs on Linux and macOS, and this is {sys.platform}; "
            "on Windows, run it in the Windows Subsystem for Linux"
        ) from error
