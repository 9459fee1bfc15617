"""What the machine can do at best: arithmetic, in large matrix products, and bandwidth of its memory."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from gmbench.speed.timing import Repeats, Spread, time_repeats

SIDES: dict[str, tuple[int, ...]] = {"cpu": (1024, 4096)}
"""Rows and columns of the matrices that are tried, by the kind of device; the fastest size counts."""
SIDES_ACCELERATOR = (8192,)
STREAM = {"cpu": 2**28}
"""Bytes of the array that is read and written: many times what caches hold."""
STREAM_ACCELERATOR = 2**31


@dataclasses.dataclass(frozen=True)
class Ceilings:
    """Of one machine at one time.

    Attributes:
        arithmetic: float32 operations a second in matrix products, at jax's default precision.
        bandwidth: bytes a second, read and written.
    """

    arithmetic: Spread
    bandwidth: Spread


def measure_ceilings(
    repeats: Repeats, sides: tuple[int, ...] | None = None, stream: int | None = None
) -> Ceilings:
    """Measures both.

    Args:
        repeats: how each is timed.
        sides: rows and columns of the matrices that are tried; what suits the device if not given.
        stream: bytes of the array that is read and written; what suits the device if not given.
    """
    platform = jax.default_backend()
    stream = stream or STREAM.get(platform, STREAM_ACCELERATOR)
    products = [_arithmetic(repeats, side) for side in sides or SIDES.get(platform, SIDES_ACCELERATOR)]
    return Ceilings(
        arithmetic=max(products, key=lambda spread: spread.median), bandwidth=_bandwidth(repeats, stream)
    )


def _arithmetic(repeats: Repeats, side: int) -> Spread:
    """A matrix is multiplied by another, again and again; they are scaled so that it stays of one size."""
    left_key, right_key = jax.random.split(jax.random.key(0))
    right = jax.random.normal(right_key, (side, side), jnp.float32) / side**0.5
    product = jax.jit(jnp.matmul)
    left = jax.random.normal(left_key, (side, side), jnp.float32)
    return time_repeats(lambda left: product(left, right), left, repeats).rate(2.0 * side**3)


def _bandwidth(repeats: Repeats, stream: int) -> Spread:
    """An array is changed in place, so that what is written has been read: its bytes move twice."""
    array = jnp.zeros(stream // 4, jnp.float32)
    change = jax.jit(lambda array: array + 1.0, donate_argnums=0)
    return time_repeats(change, array, repeats).rate(2.0 * array.nbytes)
