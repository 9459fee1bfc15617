"""Times compiled programs: each repeat waits for its results; compilation is not part of the time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import jax

from gmbench.speed.quartiles import Quartiles


@dataclasses.dataclass(frozen=True)
class Repeats:
    """How often and for how long a program is timed.

    Attributes:
        count: number of repeats.
        seconds: how long a repeat should take; the program is called as often as fits, at least once.
    """

    count: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Timing:
    """How long the calls of a program took.

    Attributes:
        calls: number of calls in each repeat.
        seconds: seconds per call, one value for each repeat.
    """

    calls: int
    seconds: tuple[float, ...]

    def rate(self, amount: float) -> Quartiles:
        """Returns the amount per second over the repeats, if each call does this amount."""
        return Quartiles.of(tuple(amount / seconds for seconds in self.seconds))


def time_repeats(call: Callable[[Any], Any], carry: Any, repeats: Repeats) -> Timing:
    """Times a function whose argument is the result of its previous call.

    Two calls are made first: one warms up, and one shows how many calls fit into a repeat. The clock of a
    repeat stops when the last result is available. All results are available then, because every call
    needs the result of the one before.

    Args:
        call: the function; it returns the argument of its next call.
        carry: the argument of the first call.
        repeats: how often and for how long the function is timed.
    """
    carry = jax.block_until_ready(call(carry))
    started = time.perf_counter()
    carry = jax.block_until_ready(call(carry))
    calls = max(1, round(repeats.seconds / (time.perf_counter() - started)))
    seconds = []
    for _ in range(repeats.count):
        started = time.perf_counter()
        for _ in range(calls):
            carry = call(carry)
        jax.block_until_ready(carry)
        seconds.append((time.perf_counter() - started) / calls)
    return Timing(calls, tuple(seconds))
