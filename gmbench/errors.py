"""Exceptions that end a command with a message of one sentence instead of a traceback."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

LONGEST_TEXT = 4000
"""The most characters of a text that is printed."""


class UsageError(ValueError):
    """The user's input is wrong. The message says in one sentence what is wrong and what to do."""


class Interrupted(Exception):
    """The user stopped a run. The message says in one sentence what is saved and how to resume."""


class AllDiverged(Exception):
    """A complete run has no scores, as all of its seeds diverged. The message says so in one sentence."""


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of the errors of a full disk, a full share of a disk, and a file beyond the limit."""
MACHINE = (
    *FULL,
    *(errno.EROFS, errno.EIO),  # disks
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),  # limits
    *(errno.EACCES, errno.EPERM),  # permissions
)
"""Numbers of errors whose cause is the machine: neither gmbench nor the content of a file."""


def check_machine(error: BaseException) -> None:
    """Checks that an error while a file was read is not the fault of the machine: then it is not damaged.

    Args:
        error: the error, or one that was caused by it.

    Raises:
        UsageError: the machine refused to read the file, because too many are open, say.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in MACHINE:
            raise UsageError(f"a file cannot be read ({cause}); mend that and repeat the command") from error
        cause = cause.__cause__


def hint(name: str, names: Iterable[str], otherwise: str) -> str:
    """Returns what a message about an unknown name ends with.

    Args:
        name: the unknown name.
        names: the names that exist.
        otherwise: the end of the message where no name resembles the unknown one.

    Returns:
        ``did you mean ...?`` with the most similar name, or ``otherwise``.
    """
    known = {known.lower(): known for known in names}
    similar = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean {known[similar[0]]}?" if similar else otherwise


def printable(text: object) -> str:
    """Returns a text that a terminal shows as it is, on one line: what controls the terminal is written out.

    Names in messages and tables may come from the files of somebody else.

    Args:
        text: anything that can be printed.
    """
    shown = "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(text)
    )
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[:LONGEST_TEXT]} ..."
