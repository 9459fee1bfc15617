"""Limits of pools of training levels. Importing this module is cheap."""

MOST_LEVELS = 10**7
"""The most levels of a pool."""
LARGEST_SEED = 2**32 - 1
"""The largest seed of a pool. JAX would take larger seeds for smaller ones."""
