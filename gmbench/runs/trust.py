"""Trust: which algorithm that a stored run names may be imported.

The directory of a run may come from somebody else. To import a module is to run its code, so that a name in
a manifest is no reason to do it: the person who calls must name the same algorithm.
"""

from __future__ import annotations

from pathlib import Path

from gmbench.agents import ALGORITHMS
from gmbench.errors import UsageError


def allow_algorithm(stored: str, named: str | None, place: Path) -> None:
    """Allows the algorithm of a stored run to be made: one of gmbench, or one that the caller names.

    Args:
        stored: the algorithm that the manifest names.
        named: the algorithm that the caller names; None if none is named.
        place: the directory of the run, which the message names.

    Raises:
        UsageError: it is another algorithm than the caller names, or the caller names none and it is not one
            of gmbench.
    """
    if named is not None and named != stored:
        raise UsageError(f"the run in {place} is of the algorithm {stored!r}, and not of {named!r}")
    if stored not in ALGORITHMS and named is None:
        raise UsageError(
            f"the run in {place} names the algorithm {stored!r}, whose code would be run; "
            f"if you trust it, allow it with --algorithm {stored}, or algorithm={stored!r} in Python"
        )
