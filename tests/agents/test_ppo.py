import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from gmbench.agents.ppo import PPO, PPOConfig
from gmbench.agents.ppo.learner import _orders
from gmbench.agents.ppo.rollout import begin, collect
from gmbench.agents.training import seed_keys
from gmbench.envs.levels import select

CONFIG = PPOConfig(environments=8, rollout=16, epochs=2, minibatches=2, hidden=(16,))
SEEDS = range(3)


@pytest.fixture(scope="module")
def ppo(env):
    return PPO(dataclasses.replace(env, time_limit=16), CONFIG, updates=4)


@pytest.fixture(scope="module")
def params(ppo, coinrun_pool):
    return ppo.env.params(coinrun_pool())


@pytest.fixture(scope="module")
def init(ppo):
    return jax.jit(ppo.init)


@pytest.fixture(scope="module")
def update(ppo):
    return jax.jit(ppo.update)


def train(init, update, key, params, updates=2):
    learner = init(key, params)
    for _ in range(updates):
        learner, metrics = update(learner, params)
    return learner, metrics


def test_a_vmapped_row_equals_the_solo_update(ppo, params, init, update):
    keys = seed_keys(SEEDS, purpose=0)
    learners = jax.jit(jax.vmap(ppo.init, (0, None)))(keys, params)
    learners, metrics = jax.jit(jax.vmap(ppo.update, (0, None)))(learners, params)
    for seed in SEEDS:
        alone, alone_metrics = train(init, update, keys[seed], params, updates=1)
        row = jax.tree.map(lambda leaf, seed=seed: leaf[seed], (learners.weights, metrics))
        expected = (alone.weights, alone_metrics)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), row, expected)
        # Not a bit of the experience differs: random numbers do not depend on the batch.
        states = jax.tree.map(lambda leaf, seed=seed: leaf[seed], learners.experience.states)
        jax.tree.map(np.testing.assert_array_equal, states, alone.experience.states)


def test_a_run_repeats_to_the_bit(params, init, update):
    key = jax.random.key(5)
    first, second = (train(init, update, key, params) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, first[0].weights, second[0].weights)
    jax.tree.map(np.testing.assert_array_equal, first[1], second[1])


def test_seeds_differ(params, init, update):
    weights = [train(init, update, jax.random.key(seed), params)[0].weights for seed in (0, 1)]
    kernels = [jax.tree.leaves(weight)[-1] for weight in weights]
    assert not np.allclose(*kernels)


def test_learning_changes_the_policy_and_spends_the_learning_rate(ppo, params, init, update):
    before = init(jax.random.key(0), params)
    after, _ = train(init, update, jax.random.key(0), params, updates=ppo.updates)
    assert not np.allclose(jax.tree.leaves(before.weights)[-1], jax.tree.leaves(after.weights)[-1])
    done, _ = update(after, params)
    jax.tree.map(np.testing.assert_array_equal, done.weights, after.weights)


@pytest.fixture(scope="module")
def collected(ppo, params):
    """A rollout, together with the same steps taken by hand with `env.step`."""
    key, begin_key, weights_key = jax.random.split(jax.random.key(9), 3)
    experience = begin(ppo.env, begin_key, params, CONFIG.environments)
    weights = ppo.network.init(weights_key, experience.views)
    arguments = (ppo.env, ppo.network, weights, experience, key, params, CONFIG.rollout)
    return weights, arguments, jax.jit(collect, static_argnums=(0, 1, 6))(*arguments)


def test_values_of_what_followed_are_those_before_any_reset(ppo, params, collected):
    weights, (_, _, _, experience, key, _, length), (_, steps, next_values, _) = collected
    states, seen = experience.states, []
    levels = ppo.env.draw_levels(jax.random.split(key)[1], (length, CONFIG.environments), params)
    step = jax.vmap(ppo.env.step_or_start, (0, 0, 0, None))
    for following, action in zip(levels, steps.action, strict=True):
        _, states, *_, info = step(following, states, action, params)
        seen.append(ppo.network.apply(weights, info["final_observation"])[1])
    expected, going_on = np.stack(seen), ~np.asarray(steps.terminated)
    assert np.asarray(steps.truncated).any(), "the case should include a truncated episode"
    np.testing.assert_allclose(np.asarray(next_values)[going_on], expected[going_on], atol=1e-5)


def test_actions_are_drawn_from_the_policy(ppo, params):
    """A thousand environments that all see the same, each of which draws for itself."""
    single = ppo.env.params(select(params.levels, np.array([0])))
    experience = begin(ppo.env, jax.random.key(1), single, 1000)
    weights = ppo.network.init(jax.random.key(2), experience.views)
    weights = jax.tree.map(lambda leaf: 4 * leaf, weights)  # So that the policy prefers some actions.
    steps = collect(ppo.env, ppo.network, weights, experience, jax.random.key(3), single, 1)[1]
    expected = scipy.special.softmax(np.asarray(ppo.network.outputs(weights, experience.views[0])[0], float))
    counts = np.bincount(steps.action[0], minlength=ppo.env.num_actions)
    assert scipy.stats.chisquare(counts, 1000 * expected).pvalue > 0.001
    taken = np.log(expected)[steps.action[0]]
    np.testing.assert_allclose(steps.log_probability[0], taken, rtol=1e-4, atol=1e-5)


def test_every_epoch_takes_every_step_once_in_an_order_of_its_own():
    orders = np.asarray(_orders(jax.random.key(0), 4, 100))
    np.testing.assert_array_equal(np.sort(orders, axis=1), np.tile(np.arange(100), (4, 1)))
    assert len(np.unique(orders, axis=0)) == 4
    # Nor do steps stay near where they were: the mean distance of a random order is a third of its length.
    assert abs(np.abs(orders - np.arange(100)).mean() - 100 / 3) < 5


def test_no_step_is_both_terminated_and_truncated(collected):
    steps = collected[2][1]
    assert not np.any(np.asarray(steps.terminated) & np.asarray(steps.truncated))


def test_finished_episodes_are_counted(collected):
    _, _, (_, steps, _, finished) = collected
    ends = np.asarray(steps.terminated | steps.truncated)
    assert finished.episodes == ends.sum()
    lengths, returns = 0, 0.0
    for column in range(CONFIG.environments):
        last = np.flatnonzero(ends[:, column])
        if len(last):  # All environments were fresh, so an episode's steps are those since the last end.
            lengths += last[-1] + 1
            returns += float(steps.reward[: last[-1] + 1, column].sum())
    assert finished.lengths == lengths
    assert float(finished.returns[0]) == pytest.approx(returns)


def test_metrics_are_finite_scalars(ppo, params, init, update):
    _, metrics = train(init, update, jax.random.key(0), params)
    assert {"episodes", "length", "return_coin", "return_end", "entropy", "kl"} <= set(metrics)
    assert all(value.shape == () and jnp.isfinite(value) for value in metrics.values())


def test_a_rollout_longer_than_an_episode_is_refused(env):
    with pytest.raises(ValueError, match="longer than an episode"):
        PPO(dataclasses.replace(env, time_limit=10), CONFIG, updates=1)


@pytest.mark.parametrize("settings", [{"epochs": 0}, {"environments": 3, "rollout": 5, "minibatches": 4}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match=r"minibatches|at least 1"):
        PPOConfig(**settings)


def test_for_steps_rounds_up_to_whole_updates(env):
    assert PPO.for_steps(env, 129, CONFIG).updates == 2
    assert PPO.for_steps(env, 128, CONFIG).updates == 1
