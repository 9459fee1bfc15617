"""Options: settings of a level generator of which every level draws one."""

from __future__ import annotations

from typing import Any


def fix_options(generator: Any, *names: str) -> None:
    """Makes tuples of a frozen dataclass's options, so that it can be hashed. To be called as it is made.

    Raises:
        ValueError: there are none to draw from.
    """
    for name in names:
        if not getattr(generator, name):
            raise ValueError(f"{name} is empty; name at least one")
        object.__setattr__(generator, name, tuple(getattr(generator, name)))


def fix_numbers(generator: Any, name: str, least: int, most: int) -> None:
    """The same for options that are numbers.

    Raises:
        ValueError: there are none to draw from, or some lie outside.
    """
    fix_options(generator, name)
    numbers = getattr(generator, name)
    if min(numbers) < least or max(numbers) > most:
        raise ValueError(f"{name} are numbers from {least} to {most}, not {numbers}")
