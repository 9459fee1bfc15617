"""What keeps XLA from computing a step many times over."""

from __future__ import annotations

from typing import Any, TypeVar

import jax
import jax.numpy as jnp

TreeT = TypeVar("TreeT")

_LARGEST = jnp.iinfo(jnp.int32).max


def materialized(tree: TreeT) -> TreeT:
    """The same arrays, each computed once and kept for all that read it.

    On CPUs, XLA fuses what it takes for cheap into every kernel that reads it. So each of some twenty kernels
    that need a field of a new state would work out the whole step for itself, which takes time, above all to
    compile. `jax.lax.optimization_barrier` is dropped before XLA fuses (in jax 0.9; in 0.11 no more), but a
    remainder counts as costly and is never computed twice.

    Args:
        tree: of arrays; materialized are booleans, and int32 of magnitudes below ``2**31 - 1``.
    """

    def leaf(array: Any) -> Any:
        if array.dtype == bool:
            return jax.lax.rem(array.astype(jnp.int32), _LARGEST) != 0
        if array.dtype == jnp.int32:
            return jax.lax.rem(array, _LARGEST)
        return array

    materialized_tree: TreeT = jax.tree.map(leaf, tree)
    return materialized_tree
