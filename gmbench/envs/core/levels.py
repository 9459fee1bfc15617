"""Levels as data: generators of levels, pools of levels, and the layouts that are held out for evaluation.

A level is a pytree with arrays of two kinds: the layout, which a distribution shift leaves unchanged (the
cells, the start), and the cues, which a shift changes (the place of the coin). Its method ``layout()``
returns the layout as a pytree; levels that differ only in cues have equal layouts.
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
"""One layout in this many is reserved for evaluation."""

LevelT = TypeVar("LevelT")
LevelT_co = TypeVar("LevelT_co", covariant=True)


class LevelGenerator(Protocol[LevelT_co]):
    """A distribution over levels: a frozen dataclass that is called with a key.

    Every level that it generates is solvable. The fields of the dataclass are the generator parameters.
    """

    def __call__(self, key: jax.Array) -> LevelT_co:
        """Generates one level."""
        ...


@dataclasses.dataclass(frozen=True)
class Mixture:
    """A mixture of two level distributions; ``alpha`` sets the diversity of training levels.

    Both generators are called with the same key. So two mixtures that differ only in ``alpha`` generate the
    same level from a key wherever they use the same generator.

    Attributes:
        base: the generator that is used with probability ``1 - alpha``.
        shifted: the generator that is used with probability ``alpha``.
        alpha: a probability.
    """

    base: LevelGenerator[Any]
    shifted: LevelGenerator[Any]
    alpha: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha <= 1.0:
            raise ValueError(f"alpha must lie between 0 and 1, not {self.alpha}")

    def __call__(self, key: jax.Array) -> Any:
        """Generates one level."""
        # The choice has its own random stream, so that a level does not depend on alpha.
        chosen = jax.random.uniform(jax.random.fold_in(key, 1)) < self.alpha
        level_key = jax.random.fold_in(key, 0)
        base, shifted = self.base(level_key), self.shifted(level_key)
        return jax.tree.map(lambda a, b: jnp.where(chosen, b, a), base, shifted)


@functools.partial(jax.jit, static_argnums=(0, 2))
def generate(generator: LevelGenerator[LevelT], key: jax.Array, count: int) -> LevelT:
    """Generates a pool of ``count`` levels, stacked on axis 0."""
    return jax.vmap(generator)(jax.random.split(key, count))


def pool_size(pool: Any) -> int:
    """Returns the number of levels in a pool."""
    return int(jax.tree.leaves(pool)[0].shape[0])


def take(pool: LevelT, index: jax.Array) -> LevelT:
    """Returns one level of a pool. Its cells are read in place from the pool, other arrays are gathered."""

    def pick(leaf: Any) -> Any:
        return BitPlanes(leaf.words, index) if isinstance(leaf, BitPlanes) else leaf[index]

    return jax.tree.map(pick, pool, is_leaf=lambda leaf: isinstance(leaf, BitPlanes))


def select(pool: LevelT, indices: np.ndarray) -> LevelT:
    """Returns a smaller pool: the levels at ``indices`` (int[n] or bool[levels])."""
    # On the host, because a device would compile a program for every new size.
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[indices]), pool)


def where(chosen: jax.Array, new: Any, old: Any) -> Any:
    """Returns ``new`` in the rows that are ``chosen`` and ``old`` in the others, for every array of a pytree.

    Args:
        chosen: bool[rows].
        new: a pytree of arrays, [rows, ...].
        old: a pytree of the same structure, shapes and dtypes.
    """

    def choose(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(chosen.reshape(chosen.shape + (1,) * (old.ndim - chosen.ndim)), new, old)

    return jax.tree.map(choose, new, old)


def layout_hashes(pool: Any) -> list[str]:
    """Returns a hash of the layout of each level of a pool: 32 hexadecimal digits, from SHA-256.

    Two hashes are equal exactly where the layouts are equal.
    """
    return _hashes(pool.layout())


def count_distinct(pool: Any) -> int:
    """Returns how many levels of a pool differ from each other, in layout or cues.

    Levels are drawn independently, so a generator with few levels draws some of them several times.
    """
    return len(set(_hashes(pool)))


def _hashes(pool: Any) -> list[str]:
    """Returns a hash of all arrays of each level: 32 hexadecimal digits, from SHA-256."""
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(pool)]
    rows = [np.ascontiguousarray(leaf).reshape(len(leaf), -1) for leaf in leaves]
    digests = []
    for level in range(len(rows[0])):
        digest = hashlib.sha256()
        for row in rows:
            digest.update(row[level].tobytes())
        digests.append(digest.hexdigest()[:32])
    return digests


def reserved(hashes: list[str]) -> np.ndarray:
    """Returns which layouts are reserved for evaluation: bool[n], about one in `RESERVED_ONE_IN`.

    The hash of a layout alone decides. So a reserved layout is in no training pool, whatever pools are
    generated, and both parts are fair samples of the layouts.

    Args:
        hashes: from `layout_hashes`.
    """
    return np.array([int(text, 16) % RESERVED_ONE_IN == 0 for text in hashes], bool)


def training_pool(generator: LevelGenerator[LevelT], key: jax.Array, count: int) -> LevelT:
    """Generates a pool of ``count`` levels whose layouts are not reserved for evaluation.

    Raises:
        ValueError: too many of the generated layouts are reserved.
    """
    drawn = count + count // (RESERVED_ONE_IN // 2) + 64
    pool = generate(generator, key, drawn)
    allowed = np.flatnonzero(~reserved(layout_hashes(pool)))
    if len(allowed) < count:
        raise ValueError(
            f"only {len(allowed)} of {drawn} generated levels have a layout that is not reserved for "
            f"evaluation, and {count} are needed; use a generator with more varied layouts"
        )
    return select(pool, allowed[:count])


def content_hash(pool: Any) -> str:
    """Returns the SHA-256 hash of a whole pool: of the dtype, shape and bytes of every array, in order."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(pool):
        array = np.ascontiguousarray(leaf)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
