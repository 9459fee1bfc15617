"""The contract of the environment base: what every environment keeps, and what is tried on CoinRun alone."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnax.wrappers.purerl import LogWrapper

from gmbench.envs.coinrun import CoinRun, CoinRunLevels
from gmbench.envs.coinrun.environment import COIN
from gmbench.envs.environment import DEFAULT_POOL_SIZE, Environment, Goal
from gmbench.envs.grid import RADIUS, VIEW
from gmbench.envs.keys import Keys, KeysLevels
from gmbench.envs.levels import generate, pool_size, stack, take

ENV = CoinRun()
LIMIT = 7
HASTY = CoinRun(time_limit=LIMIT)
LEFT, STAY, RIGHT = range(3)

DRAWINGS = ["@..O\n####", "@....oG\n#######", ".@.~..oG\n########"]
POOL = stack([ENV.parse(drawing) for drawing in DRAWINGS])
KEY = jax.random.key(0)


def same(one, other):
    return jax.tree.structure(one) == jax.tree.structure(other) and all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    )


@dataclasses.dataclass(frozen=True)
class Case:
    """An environment and what the tests must know of it. Cases are told apart by their environment.

    Random play on the levels ends some episodes by itself within `LIMIT` steps, and others not.
    """

    env: Environment
    drawings: tuple[str, ...]
    default_levels: object
    rewards: tuple[set, ...]
    """What each goal may give in one step."""
    idle: str
    """An action that does nothing at the start of level 1."""
    finish: tuple[str, ...]
    """The actions that end an episode by itself on level 1."""

    @functools.cached_property
    def pool(self):
        return stack([self.env.parse(drawing) for drawing in self.drawings])

    @functools.cached_property
    def params(self):
        return self.env.params(self.pool)

    @property
    def hasty(self):
        return dataclasses.replace(self.env, time_limit=LIMIT)

    @functools.cached_property
    def views(self):
        """The views of a batch of (index of the level, state)."""
        return jax.jit(jax.vmap(lambda level, state: self.env.view(take(self.pool, level), state)))

    def numbers(self, names):
        return [self.env.actions.index(name) for name in names]


CASES = {
    "coinrun": Case(
        ENV,
        tuple(DRAWINGS),
        default_levels=CoinRunLevels("end"),
        rewards=({0, 10}, {0, 1}),
        idle="stay",
        finish=("right",) * 5,
    ),
    "keys": Case(
        Keys(),
        ("@kc\nk..", "@kcc", "c@kc"),
        default_levels=KeysLevels("chests"),
        rewards=({0, 1}, {0, 1}),
        idle="up",
        finish=("right",) * 2,
    ),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def case(request):
    return request.param


@dataclasses.dataclass(frozen=True)
class Rollout:
    """A long random run of a hasty environment with auto-reset; every field has one entry per step."""

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


@functools.partial(jax.jit, static_argnums=(0, 1))
def _roll(env, count, pool, key):
    params = env.params(pool)

    def step(state, key):
        action_key, step_key = jax.random.split(key)
        action = env.action_space(params).sample(action_key)
        observation, after, *rest = env.step(step_key, state, action, params)
        return after, (state, action, observation, after, *rest)

    reset_key, steps_key = jax.random.split(key)
    _, state = env.reset(reset_key, params)
    return jax.lax.scan(step, state, jax.random.split(steps_key, count))[1]


def roll(case, key):
    return Rollout(*jax.tree.map(np.asarray, _roll(case.hasty, 400, case.pool, key)))


@pytest.fixture(scope="module")
def rollout(case):
    return roll(case, KEY)


def follow(actions, key=KEY, index=1, env=ENV, pool=POOL):
    """Plays actions on one level of the pool, with auto-reset: a list of what `step` gives."""
    params = env.params(pool)
    _, state = env.reset_to(jnp.int32(index), params)
    steps = []
    for action, step_key in zip(actions, jax.random.split(key, len(actions)), strict=True):
        steps.append(env.step(step_key, state, jnp.int32(action), params))
        state = steps[-1][1]
    return steps


# Shapes and spaces.


def test_reset_gives_an_observation_in_its_space_and_a_state_at_time_zero(case):
    observation, state = case.env.reset(KEY, case.params)
    space = case.env.observation_space(case.params)
    assert (observation.shape, observation.dtype) == (space.shape, space.dtype)
    assert observation.shape == (VIEW, VIEW, len(case.env.channels))
    assert (state.time.dtype, int(state.time)) == (jnp.int32, 0)
    assert state.level.dtype == jnp.int32


def test_step_gives_six_values_of_fixed_shapes_and_dtypes(case):
    env, params = case.env, case.params
    observation, state = env.reset(KEY, params)
    values = env.step(KEY, state, env.action_space(params).sample(KEY), params)
    assert len(values) == 6
    next_observation, next_state, reward, terminated, truncated, info = values

    def form(tree):
        return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), tree)

    assert form(next_observation) == form(info["final_observation"]) == form(observation)
    assert form(next_state) == form(info["final_state"]) == form(state)
    assert form(reward) == ((), jnp.float32)
    assert form(terminated) == form(truncated) == ((), jnp.bool_)
    assert form(info["goals"]) == ((len(env.goals),), jnp.float32)
    assert form(info["level"]) == ((), jnp.int32)


def test_action_space_has_one_number_per_named_action(case):
    count = len(case.env.actions)
    space = case.env.action_space(case.params)
    assert space.n == case.env.num_actions == count
    inside = [bool(space.contains(action)) for action in (-1, 0, count - 1, count)]
    assert inside == [False, True, True, False]


def test_names_and_goals_are_told_apart(case):
    for names in (case.env.actions, case.env.channels, [goal.name for goal in case.env.goals]):
        assert len(set(names)) == len(names) > 1


def test_reset_draws_every_level_of_the_pool(case):
    _, states = jax.vmap(case.env.reset, (0, None))(jax.random.split(KEY, 60), case.params)
    assert np.bincount(states.level).min() > 10
    assert states.level.max() == 2


def test_observe_gives_what_reset_and_step_showed(case):
    env, params, action = case.env, case.params, case.numbers(case.finish)[0]
    observation, state = env.reset(KEY, params)
    assert (env.observe(KEY, state, None, params) == observation).all()
    observation, state, *_ = env.step(KEY, state, action, params)
    assert (env.observe(KEY, state, action, params) == observation).all()


def test_environments_side_by_side_do_as_each_alone(case):
    env, params = case.env, case.params
    keys, levels = jax.random.split(KEY, 3), jnp.arange(3)
    actions = jnp.array(case.numbers(case.finish)[:1] * 3)
    _, begun = jax.vmap(env.reset_to, (0, None))(levels, params)
    together = jax.jit(jax.vmap(env.step, (0, 0, 0, None)))(keys, begun, actions, params)
    for index in range(3):
        state = env.reset_to(levels[index], params)[1]
        alone = env.step(keys[index], state, actions[index], params)
        assert same(alone, jax.tree.map(lambda leaf, index=index: leaf[index], together))
    assert not same(*(jax.tree.map(lambda leaf, index=index: leaf[index], together[0]) for index in (0, 1)))


# Auto-reset.


def test_long_rollout_has_episodes_of_both_ends(rollout):
    assert rollout.terminated.sum() > 10
    assert rollout.truncated.sum() > 10
    assert (rollout.terminated & ~rollout.truncated).any()


def test_finished_episode_is_followed_by_a_fresh_one(case, rollout):
    starts = jax.vmap(lambda level: case.env.start(take(case.pool, level)))(rollout.state.level)
    assert (rollout.state.time[rollout.done] == 0).all()
    for now, fresh in zip(jax.tree.leaves(rollout.state.state), jax.tree.leaves(starts), strict=True):
        assert (now == fresh)[rollout.done].all()
    ended = jax.vmap(lambda level, state: case.env.ended(take(case.pool, level), state))
    assert not ended(rollout.state.level, rollout.state.state).any()


def test_time_counts_the_steps_of_the_episode(rollout):
    expected = np.where(rollout.done, 0, rollout.before.time + 1)
    assert (rollout.state.time == expected).all()


def test_level_is_drawn_anew_at_a_reset_and_stays_within_an_episode(rollout):
    changed = rollout.state.level != rollout.before.level
    assert not changed[~rollout.done].any()
    assert 0.5 < changed[rollout.done].mean() < 0.8


def test_info_names_the_level_of_the_finished_episode(rollout):
    assert (rollout.info["level"] == rollout.before.level).all()


def test_observation_is_the_view_of_the_state_after_the_step(case, rollout):
    assert (rollout.observation == case.views(rollout.state.level, rollout.state.state)).all()


def test_final_observation_is_the_last_of_the_episode_not_the_first_of_the_next(case, rollout):
    advance = jax.vmap(lambda level, *rest: case.env.advance(take(case.pool, level), *rest))
    last = advance(rollout.before.level, rollout.before.state, rollout.action)
    assert same(rollout.info["final_state"].state, last)
    assert (rollout.info["final_observation"] == case.views(rollout.before.level, last)).all()
    differs = (rollout.info["final_observation"] != rollout.observation).any(axis=(1, 2, 3))
    assert differs[rollout.done].any()
    assert not differs[~rollout.done].any()


def test_reward_is_that_of_the_first_goal(case, rollout):
    assert (rollout.reward == rollout.info["goals"][:, 0]).all()
    for goal, rewards in enumerate(case.rewards):
        assert set(np.unique(rollout.info["goals"][:, goal])) == rewards


def test_an_episode_terminates_with_the_state_that_ends_it(case, rollout):
    ended = jax.vmap(lambda level, state: case.env.ended(take(case.pool, level), state))
    final = rollout.info["final_state"]
    assert (ended(final.level, final.state) == rollout.terminated).all()
    assert ((final.time == LIMIT) == rollout.truncated).all()


# Termination and truncation.


def ends(steps):
    return [(bool(terminated), bool(truncated)) for _, _, _, terminated, truncated, _ in steps]


def follow_names(case, names):
    return follow(case.numbers(names), env=case.hasty, pool=case.pool)


def test_time_limit_truncates_and_does_not_terminate(case):
    steps = follow_names(case, [case.idle] * LIMIT)
    assert ends(steps) == [(False, False)] * (LIMIT - 1) + [(False, True)]


def test_an_end_terminates_and_does_not_truncate(case):
    assert ends(follow_names(case, case.finish)) == [(False, False)] * (len(case.finish) - 1) + [
        (True, False)
    ]


def test_an_end_at_the_time_limit_terminates_and_truncates(case):
    idle = [case.idle] * (LIMIT - len(case.finish))
    assert ends(follow_names(case, [*idle, *case.finish]))[-1] == (True, True)


def test_death_terminates_with_no_reward():
    steps = follow([RIGHT] * 2, index=2)
    assert ends(steps) == [(False, False), (True, False)]
    assert steps[-1][5]["goals"].tolist() == [0, 0]


def test_time_limit_can_be_set_in_the_params(case):
    params = dataclasses.replace(case.params, max_steps_in_episode=1)
    _, state = case.env.reset(KEY, params)
    assert bool(case.env.step(KEY, state, *case.numbers([case.idle]), params)[4])


# Randomness.


def test_same_key_gives_the_same_rollout(case, rollout):
    assert same(dataclasses.asdict(roll(case, KEY)), dataclasses.asdict(rollout))


def test_other_key_gives_another_rollout(case, rollout):
    assert not same(roll(case, jax.random.key(1)).before.level, rollout.before.level)


def test_episode_is_a_function_of_level_and_actions(case):
    # Of one episode: where the next begins is drawn.
    actions = case.numbers([case.idle, *case.finish[:-1], case.idle])
    one, other = (follow(actions, jax.random.key(seed), env=case.env, pool=case.pool) for seed in (1, 2))
    assert same(one, other)


def test_coinrun_episode_is_a_function_of_level_and_actions():
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


def test_equal_environments_have_equal_hashes(case):
    one, other = (dataclasses.replace(case.env, time_limit=9) for _ in range(2))
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)


def test_environments_that_differ_in_anything_are_not_equal(case):
    for settings in ({"time_limit": 9}, {"goals": case.env.goals[:1]}):
        assert dataclasses.replace(case.env, **settings) != case.env


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
    wrapped = LogWrapper(HASTY)
    params = HASTY.params(POOL)
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
    # Always to the right: to the coin in three steps, in five, or into the lava in two.
    assert set(zip(returns, lengths, strict=True)) == {(10, 3), (10, 5), (0, 2)}


def test_log_wrapper_works_with_default_params(case):
    wrapped, action = LogWrapper(case.env), case.numbers(case.finish)[0]
    observation, state = wrapped.reset(KEY)
    assert bool(case.env.observation_space().contains(observation))
    before = state.env_state
    _, state, *_ = wrapped.step(KEY, state, action)
    assert int(state.env_state.time) == int(state.episode_lengths) == 1
    level = take(case.env.default_params.levels, before.level)
    assert same(state.env_state.state, case.env.advance(level, before.state, jnp.int32(action)))


def test_default_params_are_always_the_same_pool_of_default_levels(case):
    params = case.env.default_params
    assert pool_size(params.levels) == DEFAULT_POOL_SIZE
    assert case.env.default_levels == case.default_levels
    assert same(params.levels, generate(case.default_levels, jax.random.key(0), DEFAULT_POOL_SIZE))
    assert same(params, case.env.default_params)
    assert params.max_steps_in_episode == case.env.time_limit


def test_default_params_are_plain_arrays_inside_a_traced_function(case):
    env = case.env

    @jax.jit
    def reset(key):
        params = env.default_params
        assert not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(params))
        return env.reset(key, params)

    assert same(reset(KEY), env.reset(KEY, env.default_params))
