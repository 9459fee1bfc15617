import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.envs.coinrun.text import parse
from gmbench.envs.core.grid import window
from gmbench.envs.core.levels import (
    RESERVED_ONE_IN,
    Mixture,
    content_hash,
    count_distinct,
    generate,
    layout_hashes,
    pool_size,
    reserved,
    select,
    take,
    training_pool,
)
from tests.pools import stack

COUNT = 2000

BASE = "@..oG\n#####"
COIN_MOVED = "@o..G\n#####"
CELLS_CHANGED = "@.=oG\n#####"
START_MOVED = ".@.oG\n#####"
END_MOVED = "@.Go.\n#####"


@dataclasses.dataclass(frozen=True)
class Marked:
    """A generator of levels that record which generator made them and from which key."""

    mark: int

    def __call__(self, key):
        return {"mark": jnp.int32(self.mark), "bits": jax.random.bits(key)}


@struct.dataclass
class Numbered:
    """A level whose layout is one number."""

    number: jax.Array

    def layout(self):
        return self.number


@dataclasses.dataclass(frozen=True)
class Numbers:
    """A generator of `count` different layouts."""

    count: int

    def __call__(self, key):
        return Numbered(jax.random.randint(key, (), 0, self.count))


def mixed(alpha):
    return generate(Mixture(Marked(0), Marked(1), alpha), jax.random.key(0), COUNT)


def pool_of(*drawings):
    return stack([parse(drawing) for drawing in drawings])


def same(one, other):
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


@pytest.mark.parametrize("alpha", [0, 1])
def test_mixture_with_alpha_0_or_1_uses_one_generator_only(alpha):
    assert (mixed(alpha)["mark"] == alpha).all()


@pytest.mark.parametrize("alpha", [0.1, 0.5])
def test_mixture_uses_the_shifted_generator_at_rate_alpha(alpha):
    deviation = np.sqrt(alpha * (1 - alpha) / COUNT)
    assert abs(mixed(alpha)["mark"].mean() - alpha) < 4 * deviation


def test_level_of_a_mixture_does_not_depend_on_alpha_while_the_generator_is_the_same():
    few, many = mixed(0.1), mixed(0.5)
    same_generator = few["mark"] == many["mark"]
    assert 0.5 < same_generator.mean() < 0.7
    assert (few["bits"] == many["bits"])[same_generator].all()


def test_mixture_with_a_larger_alpha_shifts_the_same_levels_and_more():
    few, many = mixed(0.1)["mark"] == 1, mixed(0.5)["mark"] == 1
    assert (many | ~few).all()


def test_both_generators_of_a_mixture_get_the_same_key():
    assert (mixed(0)["bits"] == mixed(1)["bits"]).all()


def test_levels_of_a_mixture_have_different_keys():
    assert len(np.unique(mixed(0.5)["bits"])) == COUNT


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan")])
def test_mixture_refuses_a_bad_alpha(alpha):
    with pytest.raises(ValueError, match="alpha must lie between 0 and 1"):
        Mixture(Marked(0), Marked(1), alpha)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_take_gives_a_level_that_reads_like_the_original(index):
    drawings = [BASE, COIN_MOVED, CELLS_CHANGED]
    level, taken = parse(drawings[index]), take(pool_of(*drawings), jnp.int32(index))
    x, y = level.start
    assert same(taken.replace(cells=None), level.replace(cells=None))
    assert (window(taken.cells, x, y) == window(level.cells, x, y)).all()


def test_pool_size_counts_the_levels():
    assert pool_size(pool_of(BASE, COIN_MOVED)) == 2


@pytest.mark.parametrize("indices", [np.array([2, 0]), np.array([True, False, True])], ids=["int", "bool"])
def test_select_gives_the_levels_at_the_indices(indices):
    drawings = np.array([BASE, COIN_MOVED, CELLS_CHANGED])
    assert same(select(pool_of(*drawings), indices), pool_of(*drawings[indices]))


def test_layout_hash_is_the_same_if_only_the_coin_moves():
    one, other = layout_hashes(pool_of(BASE, COIN_MOVED))
    assert one == other


@pytest.mark.parametrize("changed", [CELLS_CHANGED, START_MOVED, END_MOVED])
def test_layout_hash_differs_if_the_layout_differs(changed):
    one, other = layout_hashes(pool_of(BASE, changed))
    assert one != other


def test_layout_hash_does_not_depend_on_the_rest_of_the_pool():
    alone, among = layout_hashes(pool_of(BASE)), layout_hashes(pool_of(CELLS_CHANGED, START_MOVED, BASE))
    assert alone == among[2:]


def test_levels_that_are_drawn_twice_are_counted_once():
    assert count_distinct(pool_of(BASE, COIN_MOVED, BASE, START_MOVED, BASE)) == 3


def test_one_layout_in_eight_is_reserved_for_evaluation():
    pool = Numbered(jnp.arange(COUNT))
    deviation = np.sqrt((1 - 1 / RESERVED_ONE_IN) / RESERVED_ONE_IN / COUNT)
    assert abs(reserved(layout_hashes(pool)).mean() - 1 / RESERVED_ONE_IN) < 4 * deviation


def test_training_pool_is_full_and_without_reserved_layouts():
    pool = training_pool(Numbers(1000), jax.random.key(0), 500)
    assert pool_size(pool) == 500
    assert not reserved(layout_hashes(pool)).any()


def test_training_pool_is_refused_if_too_many_layouts_are_reserved():
    every = Numbered(jnp.arange(100))
    only = int(np.flatnonzero(reserved(layout_hashes(every)))[0])

    def generator(key):
        return Numbered(jnp.int32(only))

    with pytest.raises(ValueError, match="only 0 of 76 generated levels"):
        training_pool(generator, jax.random.key(0), 10)


def test_content_hash_is_equal_for_equal_pools():
    assert content_hash(pool_of(BASE, COIN_MOVED)) == content_hash(pool_of(BASE, COIN_MOVED))


def test_content_hash_changes_with_one_bit():
    pool = pool_of(BASE, COIN_MOVED)
    flipped = pool.cells.words.at[1, 20, 3].set(pool.cells.words[1, 20, 3] ^ 1)
    assert content_hash(pool) != content_hash(pool.replace(cells=pool.cells.replace(words=flipped)))


def test_content_hash_changes_with_the_coin_and_with_the_order():
    hashes = {content_hash(pool_of(*pair)) for pair in [(BASE, BASE), (BASE, COIN_MOVED), (COIN_MOVED, BASE)]}
    assert len(hashes) == 3


def test_content_hash_differs_between_dtypes():
    pool = pool_of(BASE)
    assert content_hash(pool) != content_hash(pool.replace(coin=pool.coin.astype(jnp.uint32)))
