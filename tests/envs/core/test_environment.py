"""The environment class, on hand-drawn levels of CoinRun; see tests/envs/contract for all environments."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.wrappers.purerl import LogWrapper

from gmbench.envs.coinrun import CoinRun, CoinRunLevels
from gmbench.envs.coinrun.environment import COIN
from gmbench.envs.core.environment import DEFAULT_POOL_SIZE, Goal
from gmbench.envs.core.levels import pool_size, take
from gmbench.envs.keys import Keys
from tests.pools import stack

ENV = CoinRun()
LIMIT = 7
SHORT = CoinRun(time_limit=LIMIT)
LEFT, STAY, RIGHT = range(3)

DRAWINGS = ["@..O\n####", "@....oG\n#######", ".@.~..oG\n########"]
POOL = stack([ENV.parse(drawing) for drawing in DRAWINGS])
KEY = jax.random.key(0)


def same(one, other):
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


def follow(actions, key=KEY, index=1, env=ENV, pool=POOL):
    """Plays actions on one level of the pool, with auto-reset: a list of the results of `step`."""
    params = env.params(pool)
    _, state = env.reset_to(jnp.int32(index), params)
    steps = []
    for action, step_key in zip(actions, jax.random.split(key, len(actions)), strict=True):
        steps.append(env.step(step_key, state, jnp.int32(action), params))
        state = steps[-1][1]
    return steps


def test_reset_draws_every_level_of_the_pool():
    _, states = jax.vmap(ENV.reset, (0, None))(jax.random.split(KEY, 60), ENV.params(POOL))
    assert np.bincount(states.level).min() > 10
    assert states.level.max() == 2


# Termination and truncation.


def ends(steps):
    return [(bool(terminated), bool(truncated)) for _, _, _, terminated, truncated, _ in steps]


def test_time_limit_truncates_and_does_not_terminate():
    steps = follow([STAY] * LIMIT, env=SHORT)
    assert ends(steps) == [(False, False)] * (LIMIT - 1) + [(False, True)]


def test_a_terminal_state_terminates_and_does_not_truncate():
    assert ends(follow([RIGHT] * 5, env=SHORT)) == [(False, False)] * 4 + [(True, False)]


def test_a_terminal_state_at_the_time_limit_terminates_and_truncates():
    assert ends(follow([STAY] * (LIMIT - 5) + [RIGHT] * 5, env=SHORT))[-1] == (True, True)


def test_death_terminates_with_no_reward():
    steps = follow([RIGHT] * 2, index=2)
    assert ends(steps) == [(False, False), (True, False)]
    assert steps[-1][5]["goals"].tolist() == [0, 0]


# Goals.


def test_user_can_add_a_goal_without_touching_the_environment():
    def dawdle(level, state, action, following):
        return 0.5 * ((action == STAY) & (following.x == level.start[0]))

    env = dataclasses.replace(ENV, goals=(*ENV.goals, Goal("dawdle", dawdle)))
    steps = follow([STAY, RIGHT, STAY, RIGHT, RIGHT], env=env, index=0)
    assert [step[5]["goals"].tolist() for step in steps] == [[0, 0, 0.5], *[[0, 0, 0]] * 3, [10, 1, 0]]
    assert [float(step[2]) for step in steps] == [0, 0, 0, 0, 10]


def test_reward_is_that_of_the_first_goal():
    env = dataclasses.replace(ENV, goals=ENV.goals[::-1])
    assert float(follow([RIGHT] * 3, env=env, index=0)[-1][2]) == 1


# Equality and hashing.


def test_environments_of_different_classes_are_not_equal():
    goals = ENV.goals
    assert Keys(goals=goals, time_limit=9) != CoinRun(goals=goals, time_limit=9)


def test_equal_environments_share_their_compiled_programs():
    traced = []

    def watched(level, state, action, following):
        traced.append(None)
        return 0.0

    goal = Goal("watched", watched)
    for _ in range(3):
        follow([STAY], env=CoinRun(goals=(COIN, goal)))
    assert len(traced) == 1


# gymnax's own wrapper and default parameters.


def test_log_wrapper_counts_the_episodes_of_a_pool():
    wrapped = LogWrapper(SHORT)
    params = SHORT.params(POOL)
    _, state = wrapped.reset(KEY, params)
    returns, lengths, total, length = [], [], 0.0, 0
    for key in jax.random.split(KEY, 80):
        _, state, reward, terminated, truncated, info = wrapped.step(key, state, RIGHT, params)
        total, length = total + float(reward), length + 1
        if terminated | truncated:
            assert bool(info["returned_episode"])
            assert float(info["returned_episode_returns"]) == total
            assert int(info["returned_episode_lengths"]) == length
            returns.append(total)
            lengths.append(length)
            total, length = 0.0, 0
    # The agent always walks to the right: to the coin in three or five steps, or into lava in two.
    assert set(zip(returns, lengths, strict=True)) == {(10, 3), (10, 5), (0, 2)}


def test_log_wrapper_works_with_default_params():
    wrapped = LogWrapper(ENV)
    observation, state = wrapped.reset(KEY)
    assert bool(ENV.observation_space().contains(observation))
    before = state.env_state
    _, state, *_ = wrapped.step(KEY, state, RIGHT)
    assert int(state.env_state.time) == int(state.episode_lengths) == 1
    level = take(ENV.default_params.levels, before.level)
    assert same(state.env_state.state, ENV.advance(level, before.state, jnp.int32(RIGHT)))


def test_default_params_are_always_the_same_pool_of_default_levels():
    params = ENV.default_params
    assert pool_size(params.levels) == DEFAULT_POOL_SIZE
    assert ENV.default_levels == CoinRunLevels("end")
    assert (np.asarray(params.levels.coin) == np.asarray(params.levels.end)).all()
    assert same(params, ENV.default_params)
    assert params.max_steps_in_episode == ENV.time_limit


def test_default_params_are_plain_arrays_inside_a_traced_function():
    @jax.jit
    def reset(key):
        params = ENV.default_params
        assert not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(params))
        return ENV.reset(key, params)

    assert same(reset(KEY), ENV.reset(KEY, ENV.default_params))
