import dataclasses

import jax
import numpy as np
import pytest

from gmbench.agents import training
from gmbench.agents.ppo import PPO, PPOConfig, RecurrentPPOConfig
from gmbench.agents.training import Cohort, block_size, train

SETTINGS = {"environments": 4, "rollout": 8, "epochs": 1, "minibatches": 2, "hidden": (8,)}
CONFIGS = {"ppo": PPOConfig(**SETTINGS), "ppo-rnn": RecurrentPPOConfig(**SETTINGS, memory=8)}


@pytest.fixture(scope="module", params=CONFIGS)
def ppo(env, request):
    return PPO(dataclasses.replace(env, time_limit=16), CONFIGS[request.param], updates=4)


@pytest.fixture(scope="module")
def params(ppo, coinrun_pool):
    return ppo.env.params(coinrun_pool())


@pytest.mark.parametrize(("at_once", "seeds", "size"), [(1, 5, 1), (64, 5, 2), (96, 2, 2), (1000, 5, 5)])
def test_a_block_takes_about_so_many_steps_and_one_seed_at_least(monkeypatch, ppo, at_once, seeds, size):
    monkeypatch.setattr(training, "STEPS_AT_ONCE", at_once)
    assert block_size(ppo, seeds) == size


def test_an_accelerator_takes_all_seeds_at_once(monkeypatch, ppo):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert block_size(ppo, 5000) == 5000


def test_blocks_learn_what_their_seeds_learn_alone(monkeypatch, ppo, params):
    monkeypatch.setattr(training, "STEPS_AT_ONCE", 2 * ppo.steps_per_update)
    together = train(ppo, params, [3, 4, 5], updates=2)
    assert all(metric.shape == (2, 3) for metric in together.metrics.values())
    for block, rows in (([3, 4], slice(0, 2)), ([5, 5], slice(2, 3))):
        alone = train(ppo, params, block, updates=2)
        kept = rows.stop - rows.start
        for name, metric in alone.metrics.items():
            np.testing.assert_array_equal(together.metrics[name][:, rows], metric[:, :kept])
        learned = (together.learners.weights, alone.learners.weights)
        jax.tree.map(lambda a, b, r=rows, k=kept: np.testing.assert_array_equal(a[r], b[:k]), *learned)


def test_updates_are_reported_as_they_are_done(ppo, params):
    reports = []
    trained = train(ppo, params, [0, 1], updates=3, on_update=lambda *report: reports.append(report))
    assert [done for done, _ in reports] == [1, 2, 3]
    for done, metrics in reports:
        for name, values in metrics.items():
            np.testing.assert_array_equal(values, trained.metrics[name][done - 1])


def test_learners_of_a_filled_block_are_those_asked_for(monkeypatch, ppo, params):
    monkeypatch.setattr(training, "STEPS_AT_ONCE", 2 * ppo.steps_per_update)
    cohort = Cohort.begin(ppo, params, [0, 1, 2])
    assert [len(block.key) for block in cohort.blocks] == [2, 2]
    assert len(cohort.learners.key) == 3
    assert len(np.unique(jax.random.key_data(cohort.learners.key), axis=0)) == 3
