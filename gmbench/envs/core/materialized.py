"""A workaround that keeps XLA from computing the same environment step several times."""

from __future__ import annotations

from typing import Any, TypeVar

import jax
import jax.numpy as jnp

TreeT = TypeVar("TreeT")

_LARGEST = jnp.iinfo(jnp.int32).max


def materialized(tree: TreeT) -> TreeT:
    """Returns the same arrays such that XLA computes each of them once and stores it for all its readers.

    On CPUs, XLA fuses operations that it considers cheap into every kernel that reads their result. About
    twenty kernels read a field of a new state, and each would compute the whole step again; this makes the
    program slower to run and much slower to compile. `jax.lax.optimization_barrier` does not help in jax 0.9,
    where it is removed before fusion (jax 0.11 keeps it). A remainder, however, counts as expensive and is
    never computed twice.

    Args:
        tree: a pytree of arrays. Booleans, and int32 of magnitude below ``2**31 - 1``, are materialized;
            arrays of other dtypes are returned as they are.
    """

    def leaf(array: Any) -> Any:
        if array.dtype == bool:
            return jax.lax.rem(array.astype(jnp.int32), jnp.int32(_LARGEST)) != 0
        if array.dtype == jnp.int32:
            return jax.lax.rem(array, jnp.int32(_LARGEST))
        return array

    materialized_tree: TreeT = jax.tree.map(leaf, tree)
    return materialized_tree
