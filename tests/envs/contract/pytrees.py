"""Comparing and joining pytrees of arrays."""

import jax
import jax.numpy as jnp
import numpy as np


def same(one, other):
    """Whether two pytrees have the same structure and equal arrays."""
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


def form(tree):
    """A pytree of the shape and dtype of each leaf."""
    return jax.tree.map(lambda leaf: (jnp.shape(leaf), jnp.result_type(leaf)), tree)


def at(tree, index):
    """Indexes every leaf."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


def joined(pools):
    """Concatenates pools of levels."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *pools)
