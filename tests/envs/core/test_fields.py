"""The parts that all fields share: random events, places of things, and the length of an episode."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.fields import LENGTH, SEED, bernoulli, random_bits
from gmbench.envs.core.levels import generate, layout_hashes
from gmbench.envs.monsters import Monsters, MonstersLevels
from gmbench.envs.trees import Trees, TreesLevels

POOL = 256
FIELDS = [(Monsters(), MonstersLevels), (Trees(), TreesLevels)]


def field(seed):
    level = MonstersLevels()(jax.random.key(0))
    return dataclasses.replace(level, facts=level.facts.at[SEED].set(seed))


def test_random_bits_are_fixed_by_seed_and_time_and_look_random():
    draw = jax.jit(jax.vmap(lambda seed, time: random_bits(field(seed), time, 4)))
    seeds, times = (grid.ravel() for grid in jnp.meshgrid(jnp.arange(100), jnp.arange(100)))
    bits = np.asarray(draw(seeds, times))
    np.testing.assert_array_equal(bits, draw(seeds, times))
    assert len(np.unique(bits)) > 0.9999 * bits.size
    assert 0 not in bits, (
        "the hash maps 0 to 0, so a counter that starts at 0 would give the smallest draw first"
    )
    ones = (bits[..., None] >> np.arange(32) & 1).mean(axis=0)
    assert np.abs(ones - 0.5).max() < 0.025  # Five standard deviations.
    # Neighbouring seeds, times and draws are uncorrelated.
    whole = bits.reshape(100, 100, 4).astype(float)
    for axis in range(3):
        one, other = np.delete(whole, 0, axis).ravel(), np.delete(whole, -1, axis).ravel()
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.03


@pytest.mark.parametrize("rate", [0.0, 1e-6, 0.2, 1.0])
def test_bernoulli_is_true_at_its_rate(rate):
    bits = random_bits(field(5), jnp.int32(0), 1_000_000)
    assert np.mean(bernoulli(bits, rate)) == pytest.approx(rate, abs=5 * np.sqrt(rate / 1e6) + 1e-12)


@pytest.mark.parametrize(("env", "levels"), FIELDS)
def test_paired_levels_differ_only_in_the_length(env, levels):
    short, long = (generate(levels(length=length), jax.random.key(3), POOL) for length in levels.lengths)
    assert layout_hashes(short) == layout_hashes(long)
    assert len(set(layout_hashes(short))) == POOL
    other = dataclasses.replace(short, facts=short.facts.at[:, SEED].add(1))
    assert not set(layout_hashes(other)) & set(layout_hashes(short)), "another seed is another layout"
    np.testing.assert_array_equal(jax.vmap(env.horizon)(short), levels.lengths[0])
    np.testing.assert_array_equal(jax.vmap(env.horizon)(long), levels.lengths[1])
    assert env.shortest_horizon == levels.lengths[0]
    written = env.draw(jax.tree.map(lambda leaf: leaf[0], long))
    assert f"length {levels.lengths[1]}" in written
    without_length = env.parse("\n".join(written.splitlines()[:-2]))
    assert without_length.facts[LENGTH] == 0
    assert env.horizon(without_length) == env.shortest_horizon


@pytest.mark.parametrize(("env", "levels"), FIELDS)
def test_agent_and_things_start_in_different_cells(env, levels):
    pool = generate(levels(), jax.random.key(4), POOL)
    places = np.concatenate((pool.start[:, None], pool.places), axis=1)
    for level in places:
        there = level[level[:, 0] >= 0]
        assert len(np.unique(there, axis=0)) == len(there)
        assert (there < [env.width, env.height]).all()


def test_free_place_is_free_and_can_be_any_free_place():
    env = Trees()
    taken = jnp.array([(column, row) for row in range(10) for column in range(10) if (column, row) != (7, 2)])
    assert env.free_place(jnp.uint32(12), taken).tolist() == [7, 2]
    draw = jax.jit(jax.vmap(lambda bits: env.free_place(bits, taken[:50])))
    drawn = np.asarray(draw(random_bits(field(9), jnp.int32(0), 2000)))
    assert {tuple(place) for place in drawn.tolist()} == {tuple(place) for place in taken[50:].tolist()} | {
        (7, 2)
    } - {tuple(place) for place in taken[:50].tolist()}


@pytest.mark.parametrize(("env", "levels"), FIELDS)
def test_lengths_out_of_range_are_refused(env, levels):
    for length in (levels.lengths[0] - 1, levels.lengths[1] + 1):
        with pytest.raises(ValueError, match="length must lie between"):
            levels(length=length)
