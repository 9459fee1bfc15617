"""Options: generator parameters that list several values, of which every level draws one."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def fix_options(generator: Any, *names: str) -> None:
    """Converts options of a frozen dataclass to tuples, so that the dataclass can be hashed.

    A level generator calls it in ``__post_init__``.

    Args:
        generator: the level generator; it is changed in place.
        names: names of the fields that hold options.

    Raises:
        ValueError: an option has no values.
    """
    for name in names:
        if not getattr(generator, name):
            raise ValueError(f"{name} is empty; name at least one")
        object.__setattr__(generator, name, tuple(getattr(generator, name)))


def fix_numbers(generator: Any, name: str, least: int, most: int) -> None:
    """Converts an option with numbers to a tuple and checks its range, see `fix_options`.

    Args:
        generator: the level generator; it is changed in place.
        name: name of the field that holds the option.
        least: the smallest allowed number.
        most: the largest allowed number.

    Raises:
        ValueError: the option has no values, or a value is out of range.
    """
    fix_options(generator, name)
    numbers = getattr(generator, name)
    if min(numbers) < least or max(numbers) > most:
        raise ValueError(f"{name} are numbers from {least} to {most}, not {numbers}")


def choose(draw: jax.Array, options: tuple[Any, ...]) -> jax.Array:
    """Returns one of the options; ``draw`` is uniform in [0, 1)."""
    return jnp.asarray(options)[jnp.floor(draw * len(options)).astype(jnp.int32)]
