"""How commands end: with an exit status and, after an error, with one sentence instead of a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from gmbench.cli import interrupts
from gmbench.errors import MACHINE, AllDiverged, Interrupted, UsageError, printable
from gmbench.runs.jax_settings import check_devices

WRONG_INPUT = 2
ALL_DIVERGED = 3
"""A run is complete, but has no score, because all of its seeds diverged."""
CLOSED_PIPE = 141
"""Nobody reads the output any more, as in ``gmbench list | head -1``; shells have this status for it."""


def run_to_end(command: Callable[[], object], name: str) -> int:
    """Runs a command, prints the sentence of its error on stderr, and returns its exit status.

    Args:
        command: the command.
        name: its name, which stands before the sentence.
    """
    try:
        with _flushed_output():
            command()
    except BrokenPipeError:
        discard(sys.stdout)
        discard(sys.stderr)
        return CLOSED_PIPE
    except UsageError as error:
        return _say(name, error, WRONG_INPUT)
    except AllDiverged as error:
        return _say(name, error, ALL_DIVERGED)
    except Interrupted as error:
        return _say(name, error, interrupts.INTERRUPTS.status)
    except KeyboardInterrupt:
        return _say(name, "stopped immediately", interrupts.INTERRUPTS.status)
    except OSError as error:
        if error.errno not in MACHINE:
            raise
        discard(sys.stdout)  # It may be what could not be written.
        return _say(name, _describe(error), WRONG_INPUT)
    return 0


def check_chosen_devices() -> None:
    """Ends the process with one sentence if JAX has no device of those that the user has chosen."""
    if os.environ.get("JAX_PLATFORMS"):
        status = run_to_end(check_devices, "gmbench.cli")
        if status:
            sys.exit(status)


def _describe(error: OSError) -> str:
    if error.errno == errno.ENOSPC and error.filename is None:
        return f"the output cannot be written ({error.strerror}); make room"
    return f"the machine refuses it ({error}); mend that, and repeat the command or resume the run"


@contextmanager
def _flushed_output() -> Iterator[None]:
    """Flushes stdout at the end of a ``with`` block, because an error at the interpreter's end is not silent.

    Raises:
        BrokenPipeError: nobody reads the output.
        OSError: the output cannot be written.
    """
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def _say(name: str, message: object, status: int) -> int:
    """Prints a message on stderr, if anybody reads it, and returns the status."""
    try:
        print(f"{name}: {printable(message)}", file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)
    return status


def discard(stream: TextIO | None) -> None:
    """Discards what a stream still holds and gets, so that the interpreter's end does not fail on it.

    Args:
        stream: stdout or stderr.
    """
    try:
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError:
        pass  # The stream has no file, as in tests.
