"""Checks of single values that a user gives: one sentence for what is no number, or out of range."""

from __future__ import annotations

import math
import numbers
import reprlib
import sys
from collections.abc import Mapping
from typing import Any

from gmbench.errors import UsageError


def check_whole(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """Returns a whole number as an int. Whole floats, such as 1e3, and numbers of NumPy and JAX count too.

    Args:
        name: what the number is, as the message names it.
        value: what the user gives.
        least: the least number that is allowed.
        most: the largest number that is allowed; None for any.

    Raises:
        UsageError: it is no whole number, or out of range.
    """
    number = _number(value)
    if number is None or not (isinstance(number, int) or number.is_integer()):
        raise UsageError(f"{name} must be a whole number, not {_shown(value)}")
    whole = int(number)
    if whole < least:
        raise UsageError(f"{name} must be at least {least:,}, not {_shown(value)}")
    if most is not None and whole > most:
        raise UsageError(f"{name} must be at most {most:,}, not {_shown(value)}")
    return whole


def check_real(name: str, value: Any, least: float, most: float = math.inf, above: bool = False) -> float:
    """Returns a finite number as a float.

    Args:
        name: what the number is, as the message names it.
        value: what the user gives.
        least: the least number that is allowed.
        most: the largest number that is allowed.
        above: whether the number must be above ``least``, and not equal to it.

    Raises:
        UsageError: it is no finite number, or out of range.
    """
    number = _number(value)
    if number is None:
        raise UsageError(f"{name} must be a number, not {_shown(value)}")
    within = least < number <= most if above else least <= number <= most
    if not within or abs(number) > sys.float_info.max:
        if above:
            range_ = f"be above {least:g}" + (f" and at most {most:g}" if math.isfinite(most) else "")
        elif math.isfinite(most):
            range_ = f"lie between {least:g} and {most:g}"
        else:
            range_ = f"be at least {least:g}" if math.isfinite(least) else "be finite"
        raise UsageError(f"{name} must {range_}, not {_shown(value)}")
    return float(number)


def check_several(name: str, values: Any) -> tuple[Any, ...]:
    """Returns several values as a tuple, each of which is still to be checked.

    Raises:
        UsageError: it is one value, or a text.
    """
    if isinstance(values, str | bytes | Mapping):
        raise UsageError(f"{name} must be a sequence of numbers, not {_shown(values)}")
    try:
        return tuple(values)
    except TypeError as error:
        raise UsageError(f"{name} must be a sequence of numbers, not {_shown(values)}") from error


def check_flag(name: str, value: Any) -> bool:
    """Returns a value that must be True or False.

    Raises:
        UsageError: it is neither.
    """
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {_shown(value)}")
    return value


def check_text(name: str, value: Any) -> str:
    """Returns a value that must be a text.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a text, not {_shown(value)}")
    return value


def _number(value: Any) -> int | float | None:
    """The number that a value stands for, as an int or a float; None if it is no number."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # Of an array without axes, of NumPy or JAX.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def _shown(value: Any) -> str:
    """A value as a message shows it: in short, because it may be long."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**30:
        return f"about {'-' if value < 0 else ''}10^{math.log10(abs(value)):.0f}"
    if isinstance(value, numbers.Real) or _number(value) is not None:
        return str(value)
    return reprlib.repr(value)
