import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.runs import training
from gmbench.agents.ppo import PPO, PPOConfig, RecurrentPPOConfig
from gmbench.runs.sharding import Spread
from gmbench.runs.training import Block, Cohort, Programs, block_size, train

SETTINGS = {"num_envs": 4, "num_steps": 8, "epochs": 1, "minibatches": 2, "hidden": (8,)}
CONFIGS = {"ppo": PPOConfig(**SETTINGS), "ppo-rnn": RecurrentPPOConfig(**SETTINGS, memory=8)}


@pytest.fixture(scope="module", params=CONFIGS)
def ppo(env, request):
    return PPO(dataclasses.replace(env, time_limit=16), CONFIGS[request.param], updates=4)


@pytest.fixture(scope="module")
def params(ppo, coinrun_pool):
    return ppo.env.params(coinrun_pool())


@pytest.fixture(scope="module")
def pairs(ppo, params):
    """The programs for blocks of two seeds, which take turns."""
    return Programs.build(ppo, params, 2, Spread.alone())


@pytest.mark.parametrize(
    ("at_once", "seeds", "size"), [(1, 5, 1), (64, 5, 2), (96, 2, 2), (1000, 5, 5), (10_000, 100, 8)]
)
def test_a_block_takes_about_so_many_steps_and_one_seed_at_least(monkeypatch, ppo, at_once, seeds, size):
    monkeypatch.setattr(training, "STEPS_AT_ONCE", at_once)
    assert block_size(ppo, seeds) == size


def test_an_accelerator_has_larger_blocks(monkeypatch, ppo):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert block_size(ppo, 5000) == 64
    assert block_size(ppo, 5) == 5


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_a_block_learns_the_same_whatever_else_there_is(pairs, params):
    together = train(pairs, [Block((3, 4), params), Block((5, 6), params)], updates=2)
    assert all(metric.shape == (2, 2, 2) for metric in together.metrics.values())
    for place, seeds in enumerate([(3, 4), (5, 6)]):
        alone = train(pairs, [Block(seeds, params)], updates=2)
        assert_equal(
            {name: metric[:, place] for name, metric in together.metrics.items()},
            {name: metric[:, 0] for name, metric in alone.metrics.items()},
        )
        assert_equal(together.batches[place].weights, alone.batches[0].weights)


def test_blocks_side_by_side_learn_nearly_what_they_learn_in_turns(ppo, params, pairs):
    other = params.replace(levels=jax.tree.map(lambda leaf: jnp.roll(leaf, 1, axis=0), params.levels))
    blocks = [Block((0, 1), params), Block((2, 3), other), Block((4, 5), params)]
    beside = Programs.build(ppo, params, 2, dataclasses.replace(Spread.alone(), each=2))
    one, two = train(pairs, blocks, updates=1), train(beside, blocks, updates=1)
    assert [len(batch.key) for batch in two.batches] == [2, 2]
    for name, metric in one.metrics.items():
        np.testing.assert_allclose(two.metrics[name], metric, rtol=1e-3, atol=1e-4)


def test_blocks_train_on_their_own_levels(pairs, params):
    other = params.replace(levels=jax.tree.map(lambda leaf: jnp.roll(leaf, 1, axis=0), params.levels))
    one, two = (
        train(pairs, [Block((0, 1), params), Block((0, 1), levels)], updates=1).batches
        for levels in (params, other)
    )
    assert_equal(one[0].weights, one[1].weights)
    assert_equal(one[0].weights, two[0].weights)
    assert any(
        (a != b).any()
        for a, b in zip(jax.tree.leaves(two[0].weights), jax.tree.leaves(two[1].weights), strict=True)
    )


def test_updates_are_reported_as_they_are_done(pairs, params):
    reports = []
    trained = train(pairs, [Block((0, 1), params)], 3, on_update=lambda *report: reports.append(report))
    assert [done for done, _ in reports] == [1, 2, 3]
    for done, metrics in reports:
        for name, values in metrics.items():
            np.testing.assert_array_equal(values, trained.metrics[name][done - 1])


def test_learners_of_a_filled_block_are_those_asked_for(monkeypatch, ppo, params):
    monkeypatch.setattr(training, "STEPS_AT_ONCE", 2 * ppo.steps_per_update)
    cohort = Cohort.begin(ppo, params, [0, 1, 2])
    assert [batch.key.shape for batch in cohort.batches] == [(1, 2), (1, 2)]
    learners = cohort.learners(3)
    assert len(np.unique(jax.random.key_data(learners.key), axis=0)) == len(learners.key) == 3
