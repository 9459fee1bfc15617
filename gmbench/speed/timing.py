"""How long a compiled program takes: blocked repeats, compile time apart."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np


@dataclasses.dataclass(frozen=True)
class Spread:
    """Median and quartiles of some repeats."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: tuple[float, ...]) -> Spread:
        """Of at least one value."""
        low, median, high = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
        return cls(median=median, low=low, high=high)


@dataclasses.dataclass(frozen=True)
class Repeats:
    """How a program is timed.

    Attributes:
        count: repeats.
        seconds: what a repeat should take; the program is called as often as fits, at least once.
    """

    count: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Timing:
    """What came out.

    Attributes:
        calls: of the program in each repeat.
        seconds: of each repeat, divided by the calls.
    """

    calls: int
    seconds: tuple[float, ...]

    def rate(self, amount: float) -> Spread:
        """How much is done in a second, if a call does so much."""
        return Spread.of(tuple(amount / seconds for seconds in self.seconds))


def time_repeats(call: Callable[[Any], Any], carry: Any, repeats: Repeats) -> Timing:
    """Times a function that takes what its last call gave.

    Two calls come before: the first warms up, the second tells how many calls make a repeat. The clock of
    a repeat stops when its last result is there, and since every call needs the one before, all are.
    """
    carry = jax.block_until_ready(call(carry))
    begun = time.perf_counter()
    carry = jax.block_until_ready(call(carry))
    calls = max(1, round(repeats.seconds / (time.perf_counter() - begun)))
    seconds = []
    for _ in range(repeats.count):
        begun = time.perf_counter()
        for _ in range(calls):
            carry = call(carry)
        jax.block_until_ready(carry)
        seconds.append((time.perf_counter() - begun) / calls)
    return Timing(calls, tuple(seconds))
