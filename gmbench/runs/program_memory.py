"""How much memory things take: arrays by their shapes, compiled programs, and a device at its peak."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp


@dataclasses.dataclass(frozen=True)
class Memory:
    """What a compiled program needs while it runs, in bytes.

    Attributes:
        arguments: what it is given.
        outputs: what it gives.
        aliased: the part of the outputs that takes the place of arguments.
        temporaries: what it needs in between.
    """

    arguments: int
    outputs: int
    aliased: int
    temporaries: int

    @property
    def peak(self) -> int:
        """All of it together."""
        return self.arguments + self.outputs - self.aliased + self.temporaries


def program_memory(compiled: Any) -> Memory | None:
    """What a compiled program needs, as the compiler planned it; None where it does not tell."""
    plan = compiled.memory_analysis()
    if plan is None:
        return None
    return Memory(
        arguments=plan.argument_size_in_bytes,
        outputs=plan.output_size_in_bytes,
        aliased=plan.alias_size_in_bytes,
        temporaries=plan.temp_size_in_bytes,
    )


def device_peak() -> int | None:
    """The most bytes that were in use on the device since the process began; None where it does not tell."""
    stats = jax.devices()[0].memory_stats()
    return None if stats is None else stats.get("peak_bytes_in_use")


def bytes_of(tree: Any) -> int:
    """Bytes of all arrays, or shapes of arrays, in a pytree; random keys count as the numbers they hold."""
    return sum(_leaf_bytes(leaf) for leaf in jax.tree.leaves(tree))


def _leaf_bytes(leaf: Any) -> int:
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.eval_shape(jax.random.key_data, leaf)
    return int(leaf.size * leaf.dtype.itemsize)
