"""Where the process of ``gmbench`` begins: signals are met before anything is imported that takes time."""

from __future__ import annotations

import os
import sys

from gmbench.cli.interrupts import INTERRUPTS


def main() -> None:
    """Runs the command ``gmbench`` and ends the process."""
    open_standard_files()
    INTERRUPTS.watch()
    status = _run()
    INTERRUPTS.finish()
    if status:
        # The message is printed, and a library that has failed may leave threads that never end.
        os._exit(status)
    sys.exit(status)


def open_standard_files() -> None:
    """Opens the null device in place of each standard file that the caller has closed.

    Otherwise the next file that is opened takes its number, and whoever writes a message would write it into
    a file of results.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # The lowest free number, which is this one.
            if opened != number:
                os.dup2(opened, number)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


def _run() -> int:
    """Imports the command and runs it. An import may fail for want of room or of open files, say."""
    try:
        from gmbench.cli.main import main as command
    except OSError as error:
        print(f"gmbench: it cannot be started ({error}); mend that and repeat the command", file=sys.stderr)
        return 2
    return command()
