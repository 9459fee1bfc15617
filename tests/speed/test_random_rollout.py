import jax
import jax.numpy as jnp
import numpy as np

from gmbench.speed.random_rollout import begin_rollout, continue_rollout

ENVIRONMENTS = 3


def test_a_rollout_steps_the_environment_with_random_actions(env):
    params = env.default_params
    begun = begin_rollout(env, jax.random.key(0), params, ENVIRONMENTS)
    ended = jax.jit(continue_rollout, static_argnums=(0, 3))(env, begun, params, 5)
    seen, rewards, ends, states = np.array(begun.observations), 0.0, 0, begun.states
    steps_key, next_key = jax.random.split(begun.key)
    for key in jax.random.split(steps_key, 5):
        action_key, env_key = jax.random.split(key)
        random = jax.random.bits(action_key, (ENVIRONMENTS,), jnp.uint8)
        actions = (random + seen[:, 0, 0, 0].astype(np.uint8)) % env.num_actions
        keys = jax.random.split(env_key, ENVIRONMENTS)
        observations, states, reward, terminated, truncated, _ = jax.vmap(env.step, (0, 0, 0, None))(
            keys, states, actions, params
        )
        seen = np.asarray(observations)
        rewards, ends = rewards + reward, ends + (terminated | truncated)
    np.testing.assert_array_equal(ended.observations, seen)
    assert seen.any()
    np.testing.assert_allclose(ended.rewards, rewards)
    np.testing.assert_array_equal(ended.ends, ends)
    assert (jax.random.key_data(ended.key) == jax.random.key_data(next_key)).all()
    for ended_leaf, leaf in zip(jax.tree.leaves(ended.states), jax.tree.leaves(states), strict=True):
        np.testing.assert_array_equal(ended_leaf, leaf)
