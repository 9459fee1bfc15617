"""Levels as data: pools of levels, generators of levels, and the hash of a layout.

A level is any pytree with a ``layout()`` method, which gives the part of it that a shift leaves alone
(the cells, the start) as against the cues that it moves (the coin).
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from typing import Any, Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.envs.core.grid import BitPlanes

RESERVED_ONE_IN = 8
"""Of so many layouts, one is set aside for evaluation."""


class Level(Protocol):
    """What every environment's level offers beside its own fields."""

    def layout(self) -> Any:
        """The pytree of arrays that two levels share exactly if they differ by their cues alone."""
        ...


LevelT = TypeVar("LevelT")
LevelT_co = TypeVar("LevelT_co", covariant=True)


class LevelGenerator(Protocol[LevelT_co]):
    """A distribution over levels: a frozen dataclass, called with a key. Every level it gives is solvable."""

    def __call__(self, key: jax.Array) -> LevelT_co:
        """One level."""
        ...


@dataclasses.dataclass(frozen=True)
class Mixture:
    """Draws from ``shifted`` with probability ``alpha``, else from ``base``: the training-diversity dial.

    Both are called with the same key, so mixtures that differ only in ``alpha`` agree wherever they draw
    from the same side.
    """

    base: LevelGenerator[Any]
    shifted: LevelGenerator[Any]
    alpha: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha <= 1.0:
            raise ValueError(f"alpha must lie between 0 and 1, not {self.alpha}")

    def __call__(self, key: jax.Array) -> Any:
        """One level, of either side."""
        # A fixed stream beside the levels' own, so that a level does not depend on alpha.
        chosen = jax.random.uniform(jax.random.fold_in(key, 1)) < self.alpha
        level_key = jax.random.fold_in(key, 0)
        base, shifted = self.base(level_key), self.shifted(level_key)
        return jax.tree.map(lambda a, b: jnp.where(chosen, b, a), base, shifted)


@functools.partial(jax.jit, static_argnums=(0, 2))
def generate(generator: LevelGenerator[LevelT], key: jax.Array, count: int) -> LevelT:
    """A pool of ``count`` levels, stacked on axis 0."""
    return jax.vmap(generator)(jax.random.split(key, count))


def pool_size(pool: Any) -> int:
    """How many levels a pool holds."""
    return int(jax.tree.leaves(pool)[0].shape[0])


def take(pool: LevelT, index: jax.Array) -> LevelT:
    """One level of a pool. Its cells stay in the pool and are read in place, the rest is gathered."""

    def pick(leaf: Any) -> Any:
        return BitPlanes(leaf.words, index) if isinstance(leaf, BitPlanes) else leaf[index]

    return jax.tree.map(pick, pool, is_leaf=lambda leaf: isinstance(leaf, BitPlanes))


def select(pool: LevelT, indices: np.ndarray) -> LevelT:
    """A smaller pool: the levels at ``indices`` (int[n], or bool[levels])."""
    # On the host, where there is nothing to compile for every new size.
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[indices]), pool)


def concatenate(pools: list[LevelT]) -> LevelT:
    """One pool of several."""
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *pools)


def stack(levels: list[LevelT]) -> LevelT:
    """A pool of single levels."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *levels)


def where(chosen: jax.Array, new: Any, old: Any) -> Any:
    """``new`` in the rows that are ``chosen``, else ``old``, in every array of the two."""

    def choose(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(chosen.reshape(chosen.shape + (1,) * (old.ndim - chosen.ndim)), new, old)

    return jax.tree.map(choose, new, old)


def layout_hashes(pool: Any) -> list[str]:
    """One hash per level of a pool, equal exactly where the layouts are equal."""
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(pool.layout())]
    rows = [np.ascontiguousarray(leaf).reshape(len(leaf), -1) for leaf in leaves]
    digests = []
    for level in range(len(rows[0])):
        digest = hashlib.sha256()
        for row in rows:
            digest.update(row[level].tobytes())
        digests.append(digest.hexdigest()[:32])
    return digests


def reserved(hashes: list[str]) -> np.ndarray:
    """Which layouts are set aside for evaluation: bool[n], about one in `RESERVED_ONE_IN`.

    The split is by the layout's own hash, so that whatever pools are ever drawn, no layout that an agent
    is evaluated on can be in a training pool, and neither side is a skewed sample.
    """
    return np.array([int(text, 16) % RESERVED_ONE_IN == 0 for text in hashes], bool)


def training_pool(generator: LevelGenerator[LevelT], key: jax.Array, count: int) -> LevelT:
    """A pool of ``count`` levels whose layouts are not set aside for evaluation."""
    drawn = count + count // (RESERVED_ONE_IN // 2) + 64
    pool = generate(generator, key, drawn)
    allowed = np.flatnonzero(~reserved(layout_hashes(pool)))
    if len(allowed) < count:
        raise ValueError(
            f"only {len(allowed)} of {drawn} levels drawn have a layout that is not set aside for "
            f"evaluation, and {count} are needed: use a generator with more different layouts"
        )
    return select(pool, allowed[:count])


def content_hash(pool: Any) -> str:
    """One hash of a whole pool: shapes, dtypes and bytes of every array, in order."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(pool):
        array = np.ascontiguousarray(leaf)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
