import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.flatten_util import ravel_pytree

from gmbench.agents.networks import ActorCritic
from gmbench.agents.ppo import PPO, PPOConfig, RecurrentPPOConfig, losses
from gmbench.agents.ppo.rollout import Steps
from gmbench.envs.core.grid import VIEW, image, low_bits
from tests.agents import numpy_ppo

TIME = 12


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), discount=st.floats(0, 1), gae_lambda=st.floats(0, 1))
def test_advantages_equal_the_definition(seed, discount, gae_lambda):
    rng = np.random.default_rng(seed)
    rewards, values, next_values = rng.normal(size=(3, TIME))
    ends = rng.choice(3, size=TIME, p=(0.6, 0.2, 0.2))
    arguments = (rewards, values, next_values, ends == 1, ends == 2)
    expected = numpy_ppo.advantages(*arguments, discount, gae_lambda)
    actual = losses.advantages(*map(jnp.asarray, arguments), discount, gae_lambda)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("terminated", "expected"), [(True, 1.0 - 2.0), (False, 1.0 + 0.9 * 7.0 - 2.0)])
def test_truncation_bootstraps_and_termination_does_not(terminated, expected):
    flags = jnp.array([terminated, False])
    later = jnp.array([1.0, 100.0])  # The next episode's reward must not leak back.
    actual = losses.advantages(
        later,
        jnp.array([2.0, 0.0]),
        jnp.array([7.0, 0.0]),
        flags,
        jnp.array([True, False]) & ~flags,
        0.9,
        0.9,
    )
    assert actual[0] == pytest.approx(expected)


@pytest.fixture(scope="module")
def minibatch(env):
    """PPO, weights, and a minibatch from a policy that differs enough for clipping."""
    ppo = PPO(env, PPOConfig(num_envs=4, num_steps=8, hidden=(8,), clip=0.1), updates=1)
    key = jax.random.split(jax.random.key(3), 6)
    view = low_bits(jax.random.bits(key[0], (32, VIEW, 7), jnp.uint32))
    weights = jax.jit(ppo.network.init)(key[1], view)
    weights = jax.tree.map(lambda leaf: leaf + 0.05 * jax.random.normal(key[2], leaf.shape), weights)
    steps = Steps(
        view=view,
        action=jax.random.randint(key[3], (32,), 0, 6),
        log_probability=jax.random.uniform(key[4], (32,), minval=-3.0, maxval=-0.5),
        value=jax.random.normal(key[5], (32,)),
        reward=jnp.zeros(32),
        terminated=jnp.zeros(32, bool),
        truncated=jnp.zeros(32, bool),
    )
    return ppo, weights, steps, jax.random.normal(key[0], (32,))


def test_the_loss_equals_numpy(minibatch):
    ppo, weights, steps, advantage = minibatch
    logits, values = ppo.network.apply(weights, image(steps.view))
    expected, parts = numpy_ppo.loss(
        np.asarray(logits, float),
        np.asarray(values, float),
        np.asarray(steps.action),
        np.asarray(steps.log_probability, float),
        np.asarray(steps.value, float),
        np.asarray(advantage, float),
        ppo.config,
    )
    actual, metrics = jax.jit(ppo.loss)(weights, steps, advantage)
    assert actual == pytest.approx(expected, rel=1e-4)
    assert {name: float(metrics[name]) for name in parts} == pytest.approx(parts, rel=1e-4)
    assert 0.1 < metrics["clipped"] < 1.0, "some ratios should be clipped"


def test_the_recurrent_loss_equals_numpy(env, minibatch):
    """The same steps as rows of four environments, with some ends of episodes."""
    config = RecurrentPPOConfig(num_envs=4, num_steps=8, hidden=(8,), memory=5, clip=0.1)
    ppo, key = PPO(env, config, updates=1), jax.random.split(jax.random.key(4), 3)
    _, _, flat, advantage = minibatch
    ends = jax.random.bernoulli(key[0], 0.2, (32,))
    flat = dataclasses.replace(flat, terminated=ends.at[::2].set(False), truncated=ends.at[1::2].set(False))
    steps, advantage = jax.tree.map(lambda leaf: leaf.reshape(4, 8, *leaf.shape[1:]), (flat, advantage))
    weights = jax.tree.map(lambda leaf: 2 * leaf, jax.jit(ppo.network.init)(key[1], steps.view))
    carry = jax.random.normal(key[2], (4, 5))
    cells = np.asarray(image(steps.view), float).reshape(4, 8, -1)
    logits, values = numpy_ppo.recurrent_outputs(
        weights["params"], cells, carry, np.asarray(ends).reshape(4, 8)
    )
    expected, parts = numpy_ppo.loss(
        logits.reshape(32, -1),
        values.ravel(),
        np.asarray(flat.action),
        np.asarray(flat.log_probability, float),
        np.asarray(flat.value, float),
        np.asarray(advantage, float).ravel(),
        config,
    )
    actual, metrics = jax.jit(ppo.loss)(weights, steps, advantage, carry)
    assert actual == pytest.approx(expected, rel=1e-4)
    assert {name: float(metrics[name]) for name in parts} == pytest.approx(parts, rel=1e-4)


def test_the_network_equals_numpy():
    network = ActorCritic(actions=3, hidden=(5, 4))
    observation = jax.random.bernoulli(jax.random.key(0), 0.5, (7, 2, 2, 3))
    weights = network.init(jax.random.key(1), observation)
    layers = [weights["params"][name] for name in ("ViewDense_0", "Dense_0", "Dense_1", "Dense_2")]
    units = np.asarray(observation, float).reshape(7, 12)
    for layer in layers[:2]:
        units = np.maximum(units @ layer["kernel"] + layer["bias"], 0)
    logits, value = network.apply(weights, observation)
    np.testing.assert_allclose(logits, units @ layers[2]["kernel"] + layers[2]["bias"], atol=1e-5)
    np.testing.assert_allclose(value, (units @ layers[3]["kernel"] + layers[3]["bias"])[:, 0], atol=1e-5)


def test_gradient_steps_equal_numpy_adam(minibatch):
    ppo, weights, steps, advantage = minibatch
    optimizer = ppo.optimizer
    state, now, gradients = optimizer.init(weights), weights, []
    gradient_at = jax.jit(jax.grad(lambda weights: ppo.loss(weights, steps, advantage)[0]))
    update = jax.jit(optimizer.update)
    for _ in range(3):
        gradient = gradient_at(now)
        gradients.append(np.asarray(ravel_pytree(gradient)[0], float))
        change, state = update(gradient, state, now)
        now = jax.tree.map(jnp.add, now, change)
    count = ppo.updates * ppo.config.epochs * ppo.config.minibatches
    rates = [ppo.config.learning_rate * (1 - step / count) for step in range(3)]
    expected = numpy_ppo.clipped_adam(gradients, rates, ppo.config.max_gradient_norm)
    moved = np.asarray(ravel_pytree(now)[0] - ravel_pytree(weights)[0])
    np.testing.assert_allclose(moved, expected, atol=1e-6)
