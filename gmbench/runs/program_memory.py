"""How much memory arrays and compiled programs take, in bytes, and the peak of a device."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp


@dataclasses.dataclass(frozen=True)
class Memory:
    """The memory that a compiled program needs while it runs, in bytes.

    Attributes:
        arguments: size of its arguments.
        outputs: size of its results.
        aliased: size of the results that reuse the memory of arguments.
        temporaries: size of its intermediate results.
    """

    arguments: int
    outputs: int
    aliased: int
    temporaries: int

    @property
    def peak(self) -> int:
        """The sum of all, without counting reused memory twice."""
        return self.arguments + self.outputs - self.aliased + self.temporaries


def program_memory(compiled: Any) -> Memory | None:
    """The memory of a compiled program, as planned by the compiler; None if it is not reported."""
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
    """The peak memory of the first device since the process started; None if it does not report that."""
    stats = jax.devices()[0].memory_stats()
    return None if stats is None else stats.get("peak_bytes_in_use")


def bytes_of(tree: Any) -> int:
    """The size of all arrays, or shapes of arrays, in a pytree; random keys count as their raw numbers."""
    return sum(_leaf_bytes(leaf) for leaf in jax.tree.leaves(tree))


def _leaf_bytes(leaf: Any) -> int:
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.eval_shape(jax.random.key_data, leaf)
    return int(leaf.size * leaf.dtype.itemsize)
