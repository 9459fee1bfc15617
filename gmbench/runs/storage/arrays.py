"""Pytrees of arrays in NumPy's own file format, for checkpoints and shards that one process writes alone.

Orbax writes the trained policies of a complete run, but it expects all processes of a job to write together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.runs.storage.npz import read_npz


def write_arrays(path: Path, tree: Any) -> None:
    """Writes the arrays of a pytree to an .npz file. Random keys are written as their raw numbers."""
    leaves = (jax.random.key_data(leaf) if is_key(leaf) else leaf for leaf in jax.tree.leaves(tree))
    np.savez(path, **{_name(i): np.asarray(leaf) for i, leaf in enumerate(leaves)})  # type: ignore[arg-type]


def read_arrays(path: Path, like: Any, axes: tuple[int, ...] = ()) -> Any:
    """Reads a pytree that `write_arrays` wrote: NumPy arrays and random keys.

    Args:
        path: the file.
        like: a pytree of arrays or shapes with the same structure and dtypes.
        axes: sizes of leading axes that the stored arrays have in addition to the shapes of ``like``.

    Raises:
        OSError or ValueError: the file is damaged, or holds another pytree.
    """
    leaves, form = jax.tree.flatten(like)
    raw = [jax.eval_shape(jax.random.key_data, leaf) if is_key(leaf) else leaf for leaf in leaves]
    expected = {
        _name(i): jax.ShapeDtypeStruct((*axes, *leaf.shape), leaf.dtype) for i, leaf in enumerate(raw)
    }
    stored = read_npz(path, expected)
    return jax.tree.unflatten(form, [_typed(stored[_name(i)], leaf) for i, leaf in enumerate(leaves)])


def is_key(leaf: Any) -> bool:
    """Whether an array holds random keys."""
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _typed(raw: np.ndarray, like: Any) -> Any:
    if is_key(like):
        # `like` may be a shape, and only an array has a key implementation.
        impl = jax.random.key_impl(jnp.empty((), like.dtype))
        return jax.random.wrap_key_data(jnp.array(raw), impl=impl)
    # NumPy does not know bfloat16 and loads it as raw bytes.
    return raw.view(like.dtype) if raw.dtype.kind == "V" else raw


def _name(number: int) -> str:
    return f"{number:04}"
