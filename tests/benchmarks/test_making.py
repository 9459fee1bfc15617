import jax
import jax.numpy as jnp
import pytest
from gymnax.wrappers.purerl import LogWrapper

import gmbench
from gmbench.envs.core.levels import pool_size
from gmbench.errors import UsageError


def test_make_gives_an_environment_that_works_with_gymnax():
    env, params = gmbench.make("coinrun-v1", levels=64)
    assert pool_size(params.levels) == 64
    logged = LogWrapper(env)
    observation, state = logged.reset(jax.random.key(0), params)
    assert bool(env.observation_space(params).contains(observation))

    def step(carry, key):
        state = carry
        action = env.action_space(params).sample(key)
        _, state, reward, terminated, truncated, info = logged.step(key, state, action, params)
        return state, (reward, terminated | truncated, info["returned_episode_returns"])

    _, (rewards, ends, returns) = jax.lax.scan(step, state, jax.random.split(jax.random.key(1), 500))
    assert ends.any()
    first = int(jnp.argmax(ends))
    assert returns[first] == rewards[: first + 1].sum()


def test_alpha_is_the_fraction_of_shifted_levels():
    _, params = gmbench.make("coinrun-v1", levels=200, alpha=0.25)
    moved = jnp.any(params.levels.coin != params.levels.end, axis=1)
    assert 0.15 < moved.mean() < 0.35
    _, params = gmbench.make("coinrun-v1", levels=64)
    assert (params.levels.coin == params.levels.end).all()


@pytest.mark.parametrize("settings", [{"levels": 0}, {"alpha": -0.1}, {"alpha": float("nan")}])
def test_numbers_out_of_range_are_refused(settings):
    with pytest.raises(UsageError, match="must"):
        gmbench.make("coinrun-v1", **settings)
