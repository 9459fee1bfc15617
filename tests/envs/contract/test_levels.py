"""Level generators: values, functions of the key, and pairs of levels that differ only by their cues."""

import dataclasses

import jax
import numpy as np
import pytest

from gmbench.benchmarks.tasks.task import PAIRED_PACKS
from gmbench.envs.core.levels import layout_hashes, pool_size
from tests.envs.contract.pytrees import at, form, same
from tests.envs.contract.rollouts import KEY


def test_generators_are_values(task):
    for generator in task.generators.values():
        copy = dataclasses.replace(generator)
        assert (copy, hash(copy)) == (generator, hash(generator))


def test_a_level_is_a_function_of_the_key(task, pools, generate_pools):
    others = generate_pools(jax.random.key(1))
    for pack, pool in pools.items():
        pairs = zip(layout_hashes(pool), layout_hashes(others[pack]), strict=True)
        assert sum(one == other for one, other in pairs) < pool_size(pool) / 2
    # Traced twice, so that random numbers drawn while the program is built would be noticed.
    for generator in {type(generator): generator for generator in task.generators.values()}.values():
        one, two = (jax.make_jaxpr(lambda key, make=generator: make(key))(KEY) for _ in range(2))
        assert str(one) == str(two)
        assert same(one.consts, two.consts)


def test_nearly_all_layouts_differ(pools):
    for pool in pools.values():
        assert len(set(layout_hashes(pool))) > 0.9 * pool_size(pool)


@pytest.mark.parametrize(("shifted", "familiar"), PAIRED_PACKS.items())
def test_paired_levels_differ_only_by_their_cues(pools, shifted, familiar):
    pair = pools[familiar], pools[shifted]
    assert form(pair[0]) == form(pair[1])
    assert layout_hashes(pair[0]) == layout_hashes(pair[1])
    leaves = zip(*(jax.tree.leaves(pool) for pool in pair), strict=True)
    differs = [(one != other).reshape(len(one), -1).any(axis=1) for one, other in leaves]
    assert np.logical_or.reduce(differs).mean() > 0.25


def test_default_levels_have_the_same_structure(task, pools):
    default = jax.eval_shape(task.env.default_levels, KEY)
    assert jax.tree.structure(default) == jax.tree.structure(at(pools["iid"], 0))
