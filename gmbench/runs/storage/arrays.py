"""Pytrees of arrays in files of NumPy's own kind, for what one process keeps for itself.

Orbax, which writes the checkpoint that a run leaves, wants all processes of a job to write together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def write_arrays(path: Path, tree: Any) -> None:
    """Writes the arrays of a pytree, random keys as the numbers that they are made of."""
    leaves = (jax.random.key_data(leaf) if is_key(leaf) else leaf for leaf in jax.tree.leaves(tree))
    np.savez(path, **{_name(i): np.asarray(leaf) for i, leaf in enumerate(leaves)})  # type: ignore[arg-type]


def read_arrays(path: Path, like: Any) -> Any:
    """Reads a pytree with the structure of ``like``, of arrays or their shapes: NumPy arrays, and keys.

    Raises:
        OSError, ValueError or KeyError: the file is damaged, or of another pytree.
    """
    leaves, form = jax.tree.flatten(like)
    with np.load(path) as stored:
        read = [_typed(stored[_name(i)], leaf) for i, leaf in enumerate(leaves)]
    for leaf, expected in zip(read, leaves, strict=True):
        if leaf.shape != expected.shape:
            raise ValueError(f"an array has the shape {leaf.shape} instead of {expected.shape}")
    return jax.tree.unflatten(form, read)


def is_key(leaf: Any) -> bool:
    """Whether an array is one of random keys."""
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _typed(raw: np.ndarray, like: Any) -> Any:
    if is_key(like):
        impl = jax.random.key_impl(jnp.empty((), like.dtype))  # A shape has none.
        return jax.random.wrap_key_data(jnp.array(raw), impl=impl)
    # NumPy knows no bfloat16, and gives its bytes.
    return raw.view(like.dtype) if raw.dtype.kind == "V" else raw


def _name(number: int) -> str:
    return f"{number:04}"
