"""What PPO refuses: time limits below its rollout, and hyperparameters out of range."""

import dataclasses
import re

import jax
import numpy as np
import pytest

import gmbench
from gmbench.agents.ppo import PPO, PPOConfig, RecurrentPPOConfig
from gmbench.errors import UsageError

SETTINGS = {"num_envs": 4, "num_steps": 6, "minibatches": 2, "hidden": (8,)}
CONFIGS = {"ppo": PPOConfig(**SETTINGS), "ppo-rnn": RecurrentPPOConfig(**SETTINGS, memory=8)}


@pytest.mark.parametrize("name", CONFIGS)
def test_parameters_with_a_time_limit_below_the_rollout_are_refused(name):
    """Otherwise an environment could be cut off twice in a rollout, and one of both values would be wrong."""
    env, params = gmbench.make("ascent-v1", levels=8)
    config = CONFIGS[name]
    ppo = PPO.for_steps(env, 1000, config)
    learner = jax.eval_shape(ppo.init, jax.random.key(0), params)
    shorter = dataclasses.replace(params, max_steps_in_episode=5)
    for refused in (
        lambda: jax.jit(ppo.init)(jax.random.key(0), shorter),
        lambda: jax.eval_shape(ppo.update, learner, shorter),
        lambda: PPO.for_steps(dataclasses.replace(env, time_limit=5), 1000, config),
    ):
        with pytest.raises(UsageError, match=r"a rollout of 6 steps is longer than an episode may be \(5\)"):
            refused()
    same = dataclasses.replace(params, max_steps_in_episode=np.int32(6))
    assert type(same.max_steps_in_episode) is int
    jax.eval_shape(ppo.update, learner, same)


def test_a_time_limit_is_a_whole_number_that_is_known_when_a_program_is_compiled():
    params = gmbench.make("ascent-v1", levels=8)[1]
    for limit in (0, 2.5, True, "5", None):
        with pytest.raises(UsageError, match="max_steps_in_episode must be"):
            dataclasses.replace(params, max_steps_in_episode=limit)
    with pytest.raises(UsageError, match="must be known when a program is compiled"):
        jax.jit(lambda limit: params.replace(max_steps_in_episode=limit))(5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"num_envs": 0}, "num_envs must be at least 1, not 0"),
        ({"num_steps": 2.5}, "num_steps must be a whole number, not 2.5"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, not nan"),
        ({"discount": 1.1}, "discount must lie between 0 and 1, not 1.1"),
        ({"entropy_weight": -1}, "entropy_weight must be at least 0, not -1"),
        ({"reward_scale": float("inf")}, "reward_scale must be finite, not inf"),
        ({"hidden": ()}, "the number of hidden layers must be at least 1, not 0"),
        ({"hidden": 64}, "hidden must be a sequence of numbers, not 64"),
        ({"hidden": (64, "x")}, "hidden must be a whole number, not 'x'"),
    ],
)
def test_hyperparameters_out_of_range_are_refused(changes, sentence):
    with pytest.raises(UsageError, match=re.escape(sentence)):
        PPOConfig(**changes)


def test_more_gradient_steps_than_the_optimizer_can_count_are_refused():
    env = gmbench.make("ascent-v1", levels=8)[0]
    with pytest.raises(UsageError, match="gradient steps, and 2,147,483,647 are the most; give fewer steps"):
        PPO.for_steps(env, 10**12, CONFIGS["ppo"])
