"""The contract of the environment base, tried on CoinRun."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnax.wrappers.purerl import LogWrapper

from gmbench.envs.coinrun import CoinRun
from gmbench.envs.coinrun.environment import COIN
from gmbench.envs.environment import DEFAULT_POOL_SIZE, Goal
from gmbench.envs.grid import RADIUS, VIEW
from gmbench.envs.levels import stack, take

ENV = CoinRun()
LIMIT = 7
HASTY = CoinRun(time_limit=LIMIT)
LEFT, STAY, RIGHT = range(3)

DRAWINGS = ["@..O\n####", "@....oG\n#######", ".@.~..oG\n########"]
POOL = stack([ENV.parse(drawing) for drawing in DRAWINGS])
PARAMS = ENV.params(POOL)
KEY = jax.random.key(0)


def same(one, other):
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


@dataclasses.dataclass(frozen=True)
class Rollout:
    """A long random run of HASTY with auto-reset; every field has one entry per step."""

    before: object
    """States that the actions are taken in."""
    action: np.ndarray
    observation: np.ndarray
    state: object
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    info: dict

    @property
    def done(self):
        return self.terminated | self.truncated


@functools.partial(jax.jit, static_argnums=0)
def _roll(count, key):
    params = HASTY.params(POOL)

    def step(state, key):
        action_key, step_key = jax.random.split(key)
        action = HASTY.action_space(params).sample(action_key)
        observation, after, *rest = HASTY.step(step_key, state, action, params)
        return after, (state, action, observation, after, *rest)

    reset_key, steps_key = jax.random.split(key)
    _, state = HASTY.reset(reset_key, params)
    return jax.lax.scan(step, state, jax.random.split(steps_key, count))[1]


def roll(key):
    return Rollout(*jax.tree.map(np.asarray, _roll(400, key)))


@pytest.fixture(scope="module")
def rollout():
    return roll(KEY)


@jax.jit
@jax.vmap
def views(level, state):
    return ENV.view(take(POOL, level), state)


def follow(actions, key=KEY, index=1, env=ENV):
    """Plays actions on one level of the pool, with auto-reset: a list of what `step` gives."""
    params = env.params(POOL)
    _, state = env.reset_to(jnp.int32(index), params)
    steps = []
    for action, step_key in zip(actions, jax.random.split(key, len(actions)), strict=True):
        steps.append(env.step(step_key, state, jnp.int32(action), params))
        state = steps[-1][1]
    return steps


# Shapes and spaces.


def test_reset_gives_an_observation_in_its_space_and_a_state_at_time_zero():
    observation, state = ENV.reset(KEY, PARAMS)
    space = ENV.observation_space(PARAMS)
    assert (observation.shape, observation.dtype) == (space.shape, space.dtype)
    assert observation.shape == (VIEW, VIEW, len(ENV.channels))
    assert (state.time.dtype, int(state.time)) == (jnp.int32, 0)
    assert state.level.dtype == jnp.int32


def test_step_gives_six_values_of_fixed_shapes_and_dtypes():
    observation, state = ENV.reset(KEY, PARAMS)
    values = ENV.step(KEY, state, ENV.action_space(PARAMS).sample(KEY), PARAMS)
    assert len(values) == 6
    next_observation, next_state, reward, terminated, truncated, info = values

    def form(tree):
        return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), tree)

    assert form(next_observation) == form(info["final_observation"]) == form(observation)
    assert form(next_state) == form(state)
    assert form(reward) == ((), jnp.float32)
    assert form(terminated) == form(truncated) == ((), jnp.bool_)
    assert form(info["goals"]) == ((len(ENV.goals),), jnp.float32)
    assert form(info["level"]) == ((), jnp.int32)


def test_action_space_has_one_number_per_named_action():
    space = ENV.action_space(PARAMS)
    assert space.n == ENV.num_actions == len(ENV.actions)
    assert [bool(space.contains(action)) for action in (-1, 0, 5, 6)] == [False, True, True, False]


def test_reset_draws_every_level_of_the_pool():
    _, states = jax.vmap(ENV.reset, (0, None))(jax.random.split(KEY, 60), PARAMS)
    assert np.bincount(states.level).min() > 10
    assert states.level.max() == 2


def test_observe_gives_what_reset_and_step_showed():
    observation, state = ENV.reset(KEY, PARAMS)
    assert (ENV.observe(KEY, state, None, PARAMS) == observation).all()
    observation, state, *_ = ENV.step(KEY, state, RIGHT, PARAMS)
    assert (ENV.observe(KEY, state, RIGHT, PARAMS) == observation).all()


# Auto-reset.


def test_long_rollout_has_episodes_of_both_ends(rollout):
    assert rollout.terminated.sum() > 10
    assert rollout.truncated.sum() > 10
    assert (rollout.terminated & ~rollout.truncated).any()


def test_finished_episode_is_followed_by_a_fresh_one(rollout):
    time, level, state = rollout.state.time, rollout.state.level, rollout.state.state
    starts = np.asarray(POOL.start)[level]
    fresh = (time == 0) & (state.x == starts[:, 0]) & (state.y == starts[:, 1]) & (state.phase == 0)
    assert fresh[rollout.done].all()
    assert not state.dead.any()


def test_time_counts_the_steps_of_the_episode(rollout):
    expected = np.where(rollout.done, 0, rollout.before.time + 1)
    assert (rollout.state.time == expected).all()


def test_level_is_drawn_anew_at_a_reset_and_stays_within_an_episode(rollout):
    changed = rollout.state.level != rollout.before.level
    assert not changed[~rollout.done].any()
    assert 0.5 < changed[rollout.done].mean() < 0.8


def test_info_names_the_level_of_the_finished_episode(rollout):
    assert (rollout.info["level"] == rollout.before.level).all()


def test_observation_is_the_view_of_the_state_after_the_step(rollout):
    assert (rollout.observation == views(rollout.state.level, rollout.state.state)).all()


def test_final_observation_is_the_last_of_the_episode_not_the_first_of_the_next(rollout):
    advance = jax.vmap(lambda level, *rest: ENV.advance(take(POOL, level), *rest))
    last = advance(rollout.before.level, rollout.before.state, rollout.action)
    assert (rollout.info["final_observation"] == views(rollout.before.level, last)).all()
    differs = (rollout.info["final_observation"] != rollout.observation).any(axis=(1, 2, 3))
    assert differs[rollout.done].any()
    assert not differs[~rollout.done].any()


def test_reward_is_that_of_the_first_goal(rollout):
    assert (rollout.reward == rollout.info["goals"][:, 0]).all()
    assert set(np.unique(rollout.reward)) == {0, 10}
    assert set(np.unique(rollout.info["goals"][:, 1])) == {0, 1}


# Termination and truncation.


def ends(steps):
    return [(bool(terminated), bool(truncated)) for _, _, _, terminated, truncated, _ in steps]


def test_time_limit_truncates_and_does_not_terminate():
    assert ends(follow([STAY] * LIMIT, env=HASTY)) == [(False, False)] * (LIMIT - 1) + [(False, True)]


def test_coin_terminates_and_does_not_truncate():
    assert ends(follow([RIGHT] * 5, env=HASTY)) == [(False, False)] * 4 + [(True, False)]


def test_coin_at_the_time_limit_terminates_and_truncates():
    assert ends(follow([STAY] * (LIMIT - 5) + [RIGHT] * 5, env=HASTY))[-1] == (True, True)


def test_death_terminates_with_no_reward():
    steps = follow([RIGHT] * 2, index=2)
    assert ends(steps) == [(False, False), (True, False)]
    assert steps[-1][5]["goals"].tolist() == [0, 0]


def test_time_limit_can_be_set_in_the_params():
    params = dataclasses.replace(PARAMS, max_steps_in_episode=1)
    _, state = ENV.reset(KEY, params)
    assert bool(ENV.step(KEY, state, STAY, params)[4])


# Randomness.


def test_same_key_gives_the_same_rollout(rollout):
    assert same(dataclasses.asdict(roll(KEY)), dataclasses.asdict(rollout))


def test_other_key_gives_another_rollout(rollout):
    assert not same(roll(jax.random.key(1)).before.level, rollout.before.level)


def test_episode_is_a_function_of_level_and_actions():
    actions = [RIGHT, 4, STAY, LEFT, RIGHT, RIGHT, STAY, RIGHT]
    one, other = follow(actions, jax.random.key(1)), follow(actions, jax.random.key(2))
    assert same(one, other)


# The view.


def test_view_is_a_crop_of_the_scene_around_the_agent_with_wall_outside_the_level(coinrun_pool):
    pool = coinrun_pool("column")
    params, count, steps = ENV.params(pool), 32, 50

    @jax.jit
    def play(index, actions):
        level = jax.tree.map(lambda leaf: leaf[index], pool)

        def step(state, action):
            after = ENV.step_env(KEY, state, action, params)[1]
            return after, (
                ENV.view(level, after.state),
                ENV.scene(level, after.state),
                ENV.position(after.state),
            )

        return jax.lax.scan(step, ENV.reset_to(index, params)[1], actions)[1]

    forward = jnp.array([RIGHT, RIGHT, 5, 5, 4, LEFT])  # to come far
    actions = forward[jax.random.randint(KEY, (count, steps), 0, len(forward))]
    views, scenes, (x, y) = jax.tree.map(np.asarray, jax.vmap(play)(jnp.arange(count), actions))

    border = [(0, 0), (0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)]
    around = np.pad(scenes, border)
    outside = np.pad(np.zeros(scenes.shape[2:4], bool), RADIUS, constant_values=True)
    around[..., outside, ENV.channels.index("wall")] = True
    for level, step in np.ndindex(count, steps):
        column, row = x[level, step], y[level, step]
        crop = around[level, step, row : row + VIEW, column : column + VIEW]
        assert (views[level, step] == crop).all()
    assert views.any(axis=(0, 1, 2, 3)).all(), "a channel was never seen"


# Goals.


def test_user_can_add_a_goal_without_touching_the_environment():
    def dawdle(level, state, action, following):
        return 0.5 * ((action == STAY) & (following.x == level.start[0]))

    env = dataclasses.replace(ENV, goals=(*ENV.goals, Goal("dawdle", dawdle)))
    steps = follow([STAY, RIGHT, STAY, RIGHT, RIGHT], env=env, index=0)
    assert [step[5]["goals"].tolist() for step in steps] == [[0, 0, 0.5], *[[0, 0, 0]] * 3, [10, 1, 0]]
    assert [float(step[2]) for step in steps] == [0, 0, 0, 0, 10]


def test_first_goal_is_the_one_that_is_rewarded():
    env = dataclasses.replace(ENV, goals=ENV.goals[::-1])
    assert float(follow([RIGHT] * 3, env=env, index=0)[-1][2]) == 1


# Environments as values.


def test_equal_environments_have_equal_hashes():
    assert CoinRun(time_limit=9) == CoinRun(time_limit=9)
    assert hash(CoinRun(time_limit=9)) == hash(CoinRun(time_limit=9))


@pytest.mark.parametrize("other", [CoinRun(time_limit=9), CoinRun(goals=(COIN,))])
def test_environments_that_differ_are_not_equal(other):
    assert other != ENV


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
    wrapped = LogWrapper(HASTY)
    params = HASTY.params(POOL)
    _, state = wrapped.reset(KEY, params)
    returns, lengths, total, length = [], [], 0.0, 0
    for key in jax.random.split(KEY, 40):
        _, state, reward, terminated, truncated, info = wrapped.step(key, state, RIGHT, params)
        total, length = total + float(reward), length + 1
        if terminated | truncated:
            assert bool(info["returned_episode"])
            assert float(info["returned_episode_returns"]) == total
            assert int(info["returned_episode_lengths"]) == length
            returns.append(total)
            lengths.append(length)
            total, length = 0.0, 0
    # Always to the right: to the coin in three steps, in five, or into the lava in two.
    assert set(zip(returns, lengths, strict=True)) == {(10, 3), (10, 5), (0, 2)}


def test_log_wrapper_works_with_default_params():
    wrapped = LogWrapper(ENV)
    observation, state = wrapped.reset(KEY)
    assert bool(ENV.observation_space().contains(observation))
    _, state, *_ = wrapped.step(KEY, state, RIGHT)
    assert int(state.env_state.time) == int(state.episode_lengths) == 1
    assert int(state.env_state.state.x) == 2


def test_default_params_are_always_the_same_pool_of_default_levels(coinrun_pool):
    params = ENV.default_params
    assert params.levels.coin.shape == (DEFAULT_POOL_SIZE, 2)
    assert same(params.levels, coinrun_pool("end"))
    assert same(params, ENV.default_params)
    assert params.max_steps_in_episode == ENV.time_limit


def test_default_params_are_plain_arrays_inside_a_traced_function():
    @jax.jit
    def reset(key):
        params = ENV.default_params
        assert not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(params))
        return ENV.reset(key, params)

    assert same(reset(KEY), ENV.reset(KEY, ENV.default_params))
