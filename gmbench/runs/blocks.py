"""Blocks of seeds: seeds that are always computed together, and the random keys of each seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from gmbench.agents.algorithm import Algorithm
from gmbench.envs.core.environment import EnvParams

STEPS_PER_BLOCK = 1 << 14
"""On a CPU, the seeds of a block together take about this many environment steps per update. The data of a
larger block no longer fits into the caches, and each step takes twice the time."""
LARGEST_BLOCK, LARGEST_BLOCK_ACCELERATOR = 8, 64
"""The most seeds of a block, unless the user asks for more."""
TRAINING, EVALUATION = 0, 1
"""Purposes of random keys, see `seed_keys`."""


@dataclasses.dataclass(frozen=True)
class Block:
    """Seeds that are always computed together, so that their numbers do not depend on other seeds.

    Attributes:
        seeds: numbers that determine everything random about a learner.
        params: the training levels of these seeds.
    """

    seeds: Sequence[int]
    params: EnvParams


def updates_of(algorithm: Algorithm[Any], steps: int) -> int:
    """The number of whole updates that take at least ``steps`` environment steps."""
    return -(-steps // algorithm.steps_per_update)


def block_size(algorithm: Algorithm[Any], seeds: int) -> int:
    """The number of seeds in a block: all ``seeds`` of a run, up to the number that suits the device."""
    if jax.default_backend() != "cpu":
        return min(seeds, LARGEST_BLOCK_ACCELERATOR)
    return min(seeds, LARGEST_BLOCK, max(1, STEPS_PER_BLOCK // algorithm.steps_per_update))


def seed_keys(seeds: Sequence[int], purpose: int) -> jax.Array:
    """Makes one random key per seed, which does not depend on the other seeds.

    Args:
        seeds: numbers of the seeds.
        purpose: keys for different purposes are independent.
    """
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    return jax.vmap(jax.random.fold_in, (0, None))(keys, purpose)


def block_keys(blocks: Sequence[Sequence[int]], purpose: int) -> jax.Array:
    """Makes the random keys of blocks that have the same number of seeds: [blocks, seeds]."""
    return seed_keys([seed for seeds in blocks for seed in seeds], purpose).reshape(len(blocks), -1)
