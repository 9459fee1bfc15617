"""An environment in a program that computes with 64 bits: the same arrays as with 32 bits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gmbench
from gmbench.benchmarks.descriptions import TASKS

STEPS, ENVIRONMENTS, QUICK = 64, 16, ("coinrun-v1", "trees-v1")


def play(env, params):
    """Takes random steps in several environments: the arrays of every step."""
    keys = jax.random.split(jax.random.key(1), ENVIRONMENTS)
    _, start = jax.vmap(env.reset, (0, None))(keys, params)

    def step(states, key):
        key, action_key = jax.random.split(key)
        actions = jax.random.randint(action_key, (ENVIRONMENTS,), 0, env.num_actions, jnp.int32)
        keys = jax.random.split(key, ENVIRONMENTS)
        seen, states, reward, terminated, truncated, info = jax.vmap(env.step, (0, 0, 0, None))(
            keys, states, actions, params
        )
        packed = jax.vmap(env.observe_packed, (0, None))(states, params)
        return states, (seen, packed, states, reward, terminated, truncated, info)

    return jax.lax.scan(step, start, jax.random.split(jax.random.key(2), STEPS))[1]


@pytest.mark.parametrize("task", TASKS)
def test_steps_have_the_same_types(task):
    env, params = gmbench.make(task, levels=8)
    expected = jax.eval_shape(lambda: play(env, params))
    with jax.enable_x64(True):
        found = jax.eval_shape(lambda: play(env, params))
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), found) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), expected
    )


@pytest.mark.parametrize(
    "task", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in TASKS]
)
def test_steps_are_the_same(task):
    env, params = gmbench.make(task, levels=8)
    expected = jax.jit(play, static_argnums=0)(env, params)
    with jax.enable_x64(True):
        found = jax.jit(play, static_argnums=0)(env, params)
    for one, other in zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True):
        np.testing.assert_array_equal(one, other)
