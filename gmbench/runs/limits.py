"""The limits of the settings of runs, suites and sweeps: every setting that a user gives is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmbench.benchmarks.limits import MOST_LEVELS
from gmbench.checks import check_real, check_text, check_whole
from gmbench.errors import UsageError

MOST = {"seeds": 10**6, "steps": 10**12, "levels": MOST_LEVELS, "block": 10**6}
"""The largest number of each kind; what is read and written follows from them."""
MOST_UPDATES = 10**9 - 1
"""The most updates of a seed."""
MOST_PARTS = 10**6
"""The most parts of a run."""


def check_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Checks each setting of a run on its own.

    Args:
        given: values of fields of `gmbench.runs.settings.RunOptions` by name. None stands for a default.

    Returns:
        The same, with every whole number as an int and every other number as a float.

    Raises:
        UsageError: a setting has another type, or is out of range.
    """
    return {name: None if value is None else _check(name, value) for name, value in given.items()}


def _check(name: str, value: Any) -> Any:
    if name in MOST:
        return check_whole(name, value, 1, MOST[name])
    if name == "alpha":
        return check_real(name, value, 0.0, 1.0)
    if name == "memory":
        return check_real(name, value, 0.0, above=True)
    if name == "part":
        return check_part(value)
    return check_text(name, value)


def check_part(value: Any) -> tuple[int, int]:
    """Returns the numbers (k, n) of the k-th of n parts as ints.

    Raises:
        UsageError: they are no two whole numbers, or there is no such part.
    """
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise UsageError(f"part must be two whole numbers, such as (3, 16), and not {value!r}")
    part, parts = (
        check_whole("part", value[0], 0),
        check_whole("the number of parts", value[1], 0, MOST_PARTS),
    )
    if not 1 <= part <= parts:
        raise UsageError(f"there is no part {part} of {parts}; the first of three is 1/3")
    return part, parts
