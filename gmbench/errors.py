"""Exceptions that end a command with a message of one sentence instead of a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(ValueError):
    """The user's input is wrong. The message says in one sentence what is wrong and what to do."""


class Interrupted(Exception):
    """The user stopped a run. The message says in one sentence what is saved and how to resume."""


class AllDiverged(Exception):
    """A complete run has no scores, as all of its seeds diverged. The message says so in one sentence."""


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
