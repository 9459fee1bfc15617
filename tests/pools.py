"""Pools of levels for tests: made of single levels, or of several pools."""

import jax
import jax.numpy as jnp


def stack(levels):
    """A pool of single levels."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *levels)


def concatenate(pools):
    """One pool of several."""
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *pools)
