import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats

from gmbench.agents.ppo import PPO, PPOConfig, RecurrentPPOConfig, recurrent
from gmbench.agents.ppo.learner import _orders
from gmbench.agents.ppo.rollout import begin, collect
from gmbench.envs.core.levels import select
from gmbench.runs.blocks import seed_keys
from gmbench.runs.storage import policies as checkpoint
from gmbench.runs.storage.atomic import directory_digest

SETTINGS = {"num_envs": 8, "num_steps": 16, "epochs": 2, "minibatches": 2, "hidden": (16,)}
CONFIG = PPOConfig(**SETTINGS)
CONFIGS = {"ppo": CONFIG, "ppo-rnn": RecurrentPPOConfig(**SETTINGS, memory=8)}
SEEDS = range(3)


@pytest.fixture(scope="module", params=CONFIGS)
def ppo(env, request):
    return PPO(dataclasses.replace(env, time_limit=16), CONFIGS[request.param], updates=4)


@pytest.fixture(scope="module")
def params(ppo, coinrun_pool):
    return ppo.env.params(coinrun_pool())


@pytest.fixture(scope="module")
def init(ppo):
    return jax.jit(ppo.init)


@pytest.fixture(scope="module")
def update(ppo):
    return jax.jit(ppo.update)


begun = jax.jit(begin, static_argnums=(0, 1, 4))
collected_by = jax.jit(collect, static_argnums=(0, 1, 6))


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
        # The environments are equal to the bit, because random numbers do not depend on the batch.
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


def test_learning_changes_the_policy_until_the_learning_rate_is_zero(ppo, params, init, update):
    before = init(jax.random.key(0), params)
    after, _ = train(init, update, jax.random.key(0), params, updates=ppo.updates)
    assert not np.allclose(jax.tree.leaves(before.weights)[-1], jax.tree.leaves(after.weights)[-1])
    done, _ = update(after, params)
    jax.tree.map(np.testing.assert_array_equal, done.weights, after.weights)


@pytest.fixture(scope="module")
def rollout(ppo, params):
    """Weights, environments, and a function that collects a rollout with these weights."""
    key, weights_key = jax.random.split(jax.random.key(9))
    experience = begun(ppo.env, ppo.network, key, params, CONFIG.num_envs)
    weights = jax.jit(ppo.network.init)(weights_key, experience.views)
    # With larger weights, values depend clearly on the observation and the carry.
    weights = jax.tree.map(lambda leaf: 3 * leaf, weights)

    def run(experience, key):
        return collected_by(ppo.env, ppo.network, weights, experience, key, params, CONFIG.num_steps)

    return weights, experience, run


@pytest.fixture(scope="module")
def collected(rollout):
    """A rollout: the weights and environments at its start, its key, and its results."""
    weights, experience, run = rollout
    key = jax.random.key(10)
    return weights, experience, key, run(experience, key)


@pytest.fixture(scope="module")
def collected_later(collected, rollout):
    """The same with most episodes running at the start, each at a different step."""
    weights, _, _, (experience, *_) = collected
    ages = jnp.arange(CONFIG.num_envs)
    experience = dataclasses.replace(experience, states=dataclasses.replace(experience.states, time=ages))
    carry = jax.tree.map(lambda leaf: leaf.at[::2].set(0.5), experience.carry)
    experience, key = dataclasses.replace(experience, carry=carry), jax.random.key(11)
    return weights, experience, key, rollout[2](experience, key)


def test_next_values_are_those_before_any_reset(ppo, params, collected_later):
    """Compares with the same steps taken one by one. The carry is reset only when an episode starts."""
    weights, experience, key, (after, steps, next_values, _) = collected_later
    states, carry, seen = experience.states, experience.carry, []
    levels = ppo.env.draw_levels(jax.random.split(key)[1], steps.action.shape, params)
    step = jax.jit(jax.vmap(ppo.env.step_or_start, (0, 0, 0, None)))
    network_step = jax.jit(ppo.network.step)
    ends = steps.terminated | steps.truncated
    for following, action, view, end in zip(levels, steps.action, steps.view, ends, strict=True):
        _, states, *_, info = step(following, states, action, params)
        carry = network_step(weights, carry, view)[2]
        seen.append(network_step(weights, carry, info["final_observation"])[1])
        carry = jax.tree.map(lambda leaf, end=end: jnp.where(end[:, None], 0.0, leaf), carry)
    expected, going_on = np.stack(seen), ~np.asarray(steps.terminated)
    assert np.asarray(steps.truncated)[:-1].any(), "an episode should be truncated inside the rollout"
    np.testing.assert_allclose(np.asarray(next_values)[going_on], expected[going_on], rtol=1e-4, atol=1e-4)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), after.carry, carry)


def test_learning_replays_the_rollout(ppo, collected_later):
    """With unchanged weights, the loss computes the same probabilities and values as the rollout."""
    weights, experience, _, (_, steps, _, _) = collected_later
    rows = jax.tree.map(ppo._rows, steps)
    ends = rows.terminated | rows.truncated
    logits, values = jax.jit(ppo.network.replay)(weights, experience.carry, rows.view, ends)
    found = np.take_along_axis(jax.nn.log_softmax(logits), rows.action[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(found, rows.log_probability, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values, rows.value, rtol=1e-4, atol=1e-4)
    metrics = jax.jit(ppo.loss)(weights, rows, jnp.ones(ends.shape), experience.carry)[1]
    assert metrics["kl"] < 1e-6
    assert metrics["clipped"] == 0


def test_the_recurrent_network_remembers_until_the_end_of_the_episode(env):
    network = CONFIGS["ppo-rnn"].network(env.num_actions)
    views = jax.random.bits(jax.random.key(0), (2, 6, 13, 7), jnp.uint32).astype(jnp.uint16)
    weights = jax.jit(network.init)(jax.random.key(1), views)
    carry, ends = jnp.zeros((2, 8)), jnp.zeros((2, 6), bool).at[0, 3].set(True)
    replay = jax.jit(network.replay)
    before, after = (replay(weights, carry, seen, ends)[1] for seen in (views, views.at[:, 0].set(0)))
    np.testing.assert_array_equal(before != after, [[True] * 4 + [False] * 2, [True] * 6])


def test_actions_are_drawn_from_the_policy(ppo, params):
    """A thousand environments with the same observation draw different actions."""
    single = ppo.env.params(select(params.levels, np.array([0])))
    experience = begun(ppo.env, ppo.network, jax.random.key(1), single, 1000)
    weights = jax.jit(ppo.network.init)(jax.random.key(2), experience.views)
    weights = jax.tree.map(lambda leaf: 4 * leaf, weights)  # So that the policy prefers some actions.
    steps = collected_by(ppo.env, ppo.network, weights, experience, jax.random.key(3), single, 1)[1]
    logits = ppo.network.step(weights, ppo.network.start(), experience.views[0])[0]
    expected = scipy.special.softmax(np.asarray(logits, float))
    counts = np.bincount(steps.action[0], minlength=ppo.env.num_actions)
    assert scipy.stats.chisquare(counts, 1000 * expected).pvalue > 0.001
    taken = np.log(expected)[steps.action[0]]
    np.testing.assert_allclose(steps.log_probability[0], taken, rtol=1e-4, atol=1e-5)


def test_every_epoch_has_every_step_once_in_a_different_order():
    orders = np.asarray(_orders(jax.random.key(0), 4, 100))
    np.testing.assert_array_equal(np.sort(orders, axis=1), np.tile(np.arange(100), (4, 1)))
    assert len(np.unique(orders, axis=0)) == 4
    # In a random order, rows move by a third of the length on average.
    assert abs(np.abs(orders - np.arange(100)).mean() - 100 / 3) < 5


def test_no_step_is_both_terminated_and_truncated(collected):
    steps = collected[3][1]
    assert not np.any(np.asarray(steps.terminated) & np.asarray(steps.truncated))


def test_finished_episodes_are_counted(collected):
    *_, (_, steps, _, finished) = collected
    ends = np.asarray(steps.terminated | steps.truncated)
    episodes, steps_taken, *on_goals = finished.tolist()
    assert episodes == ends.sum()
    lengths, returns = 0, 0.0
    for column in range(CONFIG.num_envs):
        last = np.flatnonzero(ends[:, column])
        if len(last):  # All episodes began with the rollout, so these are all their steps.
            lengths += last[-1] + 1
            returns += float(steps.reward[: last[-1] + 1, column].sum())
    assert steps_taken == lengths
    assert on_goals[0] == pytest.approx(returns)


def test_a_stored_policy_is_restored(ppo, params, init, tmp_path):
    policies = [ppo.policy(init(jax.random.key(seed), params)) for seed in (0, 1)]
    checkpoint.save(tmp_path / "kept", policies[0])
    digest = directory_digest(tmp_path / "kept")
    restored = checkpoint.restore(tmp_path / "kept", like=policies[1], digest=digest)
    view = ppo.env.reset(jax.random.key(2), params)[0]
    carries = [policy.act(policy.start(), view, jax.random.key(3)) for policy in (policies[0], restored)]
    jax.tree.map(np.testing.assert_array_equal, *carries)


def test_metrics_are_finite_scalars(ppo, params, init, update):
    _, metrics = train(init, update, jax.random.key(0), params)
    assert {"episodes", "length", "return_coin", "return_end", "entropy", "kl"} <= set(metrics)
    assert all(value.shape == () and jnp.isfinite(value) for value in metrics.values())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_metrics_of_the_first_gradient_step_are_those_of_the_collecting_policy(env, coinrun_pool, config):
    ppo = PPO(env, dataclasses.replace(config, epochs=1, minibatches=1), updates=1)
    params = ppo.env.params(coinrun_pool())
    _, metrics = jax.jit(ppo.update)(jax.jit(ppo.init)(jax.random.key(0), params), params)
    assert metrics["kl"] < 1e-6
    assert metrics["clipped"] == 0
    assert metrics["policy_loss"] == pytest.approx(0, abs=1e-5)  # The mean of normalized advantages.
    assert metrics["entropy"] == pytest.approx(np.log(env.num_actions), rel=1e-2)  # New weights are small.
    assert 1e-4 < metrics["value_loss"] < 1


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_rollout_longer_than_the_time_limit_is_refused(env, config):
    with pytest.raises(ValueError, match="longer than an episode"):
        PPO(dataclasses.replace(env, time_limit=10), config, updates=1)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (PPOConfig, {"epochs": 0}),
        (PPOConfig, {"num_envs": 3, "num_steps": 5, "minibatches": 4}),
        (RecurrentPPOConfig, {"num_envs": 6, "num_steps": 8, "minibatches": 4}),
        (RecurrentPPOConfig, {"memory": 0}),
    ],
)
def test_impossible_settings_are_refused(kind, settings):
    with pytest.raises(ValueError, match=r"minibatches|at least 1"):
        kind(**settings)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_for_steps_rounds_up_to_whole_updates(env, config):
    assert PPO.for_steps(env, 129, config).updates == 2
    assert PPO.for_steps(env, 128, config).updates == 1


def test_the_recurrent_algorithm_has_a_recurrent_default_config(env):
    assert recurrent(env, 1).config == RecurrentPPOConfig()
    assert recurrent(env, 1, CONFIGS["ppo-rnn"]).config == CONFIGS["ppo-rnn"]
