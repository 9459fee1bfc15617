"""Measures the ceilings of the machine: its arithmetic in large matrix products, and its memory bandwidth.

The speed of other programs is reported as a fraction of these two.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from gmbench.speed.quartiles import Quartiles
from gmbench.speed.timing import Repeats, time_repeats

MATRIX_SIZES: dict[str, tuple[int, ...]] = {"cpu": (1024, 4096)}
"""Rows and columns of the square matrices that are tried, by platform; the fastest size counts."""
MATRIX_SIZES_ACCELERATOR = (8192,)
"""The same for platforms that `MATRIX_SIZES` does not list."""
ARRAY_BYTES = {"cpu": 2**28}
"""Bytes of the array that is read and written, by platform; much more than caches hold."""
ARRAY_BYTES_ACCELERATOR = 2**31
"""The same for platforms that `ARRAY_BYTES` does not list."""


@dataclasses.dataclass(frozen=True)
class Ceilings:
    """The ceilings of one machine, measured at one time.

    Attributes:
        arithmetic: float32 operations per second in matrix products, at jax's default precision.
        bandwidth: bytes per second, read and written.
    """

    arithmetic: Quartiles
    bandwidth: Quartiles


def measure_ceilings(
    repeats: Repeats, matrix_sizes: tuple[int, ...] | None = None, array_bytes: int | None = None
) -> Ceilings:
    """Measures arithmetic and bandwidth of the default device.

    Args:
        repeats: how often and for how long each is timed.
        matrix_sizes: rows and columns of the square matrices that are tried; None for the platform's default.
        array_bytes: bytes of the array that is read and written; None for the platform's default.
    """
    platform = jax.default_backend()
    sizes = MATRIX_SIZES.get(platform, MATRIX_SIZES_ACCELERATOR) if matrix_sizes is None else matrix_sizes
    if array_bytes is None:
        array_bytes = ARRAY_BYTES.get(platform, ARRAY_BYTES_ACCELERATOR)
    products = [_measure_arithmetic(repeats, size) for size in sizes]
    return Ceilings(
        arithmetic=max(products, key=lambda rate: rate.median),
        bandwidth=_measure_bandwidth(repeats, array_bytes),
    )


def _measure_arithmetic(repeats: Repeats, size: int) -> Quartiles:
    """Multiplies a matrix by another repeatedly; the scale of the second keeps the first from growing."""
    left_key, right_key = jax.random.split(jax.random.key(0))
    right = jax.random.normal(right_key, (size, size), jnp.float32) / size**0.5
    product = jax.jit(jnp.matmul)
    left = jax.random.normal(left_key, (size, size), jnp.float32)
    return time_repeats(lambda left: product(left, right), left, repeats).rate(2.0 * size**3)


def _measure_bandwidth(repeats: Repeats, array_bytes: int) -> Quartiles:
    """Changes an array in place; its bytes count twice because each is read and written."""
    array = jnp.zeros(array_bytes // 4, jnp.float32)
    change = jax.jit(lambda array: array + 1.0, donate_argnums=0)
    return time_repeats(change, array, repeats).rate(2.0 * array.nbytes)
