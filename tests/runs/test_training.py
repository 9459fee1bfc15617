import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.ppo import PPO, PPOConfig, RecurrentPPOConfig
from gmbench.runs import blocks
from gmbench.runs.blocks import Block
from gmbench.runs.sharding import Placement
from gmbench.runs.training import train
from gmbench.runs.training_programs import Cohort, Programs

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
    """The programs for blocks of two seeds, which are computed one after the other."""
    return Programs.build(ppo, params, 2, Placement.one_device())


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_a_block_learns_the_same_beside_other_blocks(pairs, params):
    together = train(pairs, [Block((3, 4), params), Block((5, 6), params)], updates=2)
    assert all(metric.shape == (2, 2, 2) for metric in together.metrics.values())
    for place, seeds in enumerate([(3, 4), (5, 6)]):
        alone = train(pairs, [Block(seeds, params)], updates=2)
        assert_equal(
            {name: metric[:, place] for name, metric in together.metrics.items()},
            {name: metric[:, 0] for name, metric in alone.metrics.items()},
        )
        assert_equal(together.batches[place].weights, alone.batches[0].weights)


def test_blocks_side_by_side_learn_nearly_the_same_as_one_after_the_other(ppo, params, pairs):
    other = params.replace(levels=jax.tree.map(lambda leaf: jnp.roll(leaf, 1, axis=0), params.levels))
    three = [Block((0, 1), params), Block((2, 3), other), Block((4, 5), params)]
    beside = Programs.build(ppo, params, 2, dataclasses.replace(Placement.one_device(), blocks_per_device=2))
    one, two = train(pairs, three, updates=1), train(beside, three, updates=1)
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


def test_every_update_is_reported(pairs, params):
    reports = []
    trained = train(pairs, [Block((0, 1), params)], 3, on_update=lambda *report: reports.append(report))
    assert [done for done, _ in reports] == [1, 2, 3]
    for done, metrics in reports:
        for name, values in metrics.items():
            np.testing.assert_array_equal(values, trained.metrics[name][done - 1])


def test_a_cohort_returns_its_learners_without_padding(monkeypatch, ppo, params):
    monkeypatch.setattr(blocks, "STEPS_PER_BLOCK", 2 * ppo.steps_per_update)
    cohort = Cohort.start(ppo, params, [0, 1, 2])
    assert [batch.key.shape for batch in cohort.batches] == [(1, 2), (1, 2)]
    learners = cohort.learners(3)
    assert len(np.unique(jax.random.key_data(learners.key), axis=0)) == len(learners.key) == 3
