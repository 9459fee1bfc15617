"""The interface of gymnax: names, spaces, shapes, reset and step, determinism, and equality by value."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.envs.core.grid import VIEW
from tests.envs.contract.pytrees import at, form, same
from tests.envs.contract.rollouts import KEY, STEPS, compile_quickly, roll


@functools.partial(compile_quickly, static_argnums=0)
def _step(env, key, state, action, params):
    """A step of one environment, and its observation afterwards."""
    values = env.step(key, state, action, params)
    return values, env.observe(key, values[1], None, params)


# Names, spaces, shapes.


def test_names_of_actions_channels_and_goals_are_unique(task):
    for names in (task.env.actions, task.env.channels, [goal.name for goal in task.env.goals]):
        assert len(set(names)) == len(names) > 1


def test_action_space_has_one_number_per_named_action(task):
    count = len(task.env.actions)
    space = task.env.action_space()
    assert space.n == task.env.num_actions == count
    inside = [bool(space.contains(action)) for action in (-1, 0, count - 1, count)]
    assert inside == [False, True, True, False]


def test_reset_and_step_return_the_shapes_and_dtypes_of_gymnax(task, played, rollout):
    env, params = task.env, task.env.params(played)
    space = env.observation_space(params)
    observation, state = form(jax.eval_shape(env.reset, KEY, params))
    assert observation == (space.shape, space.dtype) == ((VIEW, VIEW, len(env.channels)), jnp.bool_)
    assert state.time == state.level == ((), jnp.int32)

    values = form(jax.eval_shape(env.step, KEY, at(rollout.reset[1], 0), jnp.int32(0), params))
    assert len(values) == 6
    next_observation, next_state, reward, terminated, truncated, info = values
    assert next_observation == info["final_observation"] == observation
    assert next_state == info["final_state"] == state
    assert reward == ((), jnp.float32)
    assert terminated == truncated == info["terminated"] == info["truncated"] == ((), jnp.bool_)
    assert info["goals"] == ((len(env.goals),), jnp.float32)
    assert info["level"] == ((), jnp.int32)


def test_one_environment_steps_as_in_a_batch(task, played, rollout):
    env, params = task.env, task.env.params(played)
    chosen = [np.argwhere(happened)[0] for happened in (rollout.done, ~rollout.done)]
    for step, row in chosen:
        key = jax.random.split(jax.random.split(KEY, STEPS)[step], rollout.done.shape[1])[row]
        state = at(rollout.before, (step, row))
        alone, observed = _step(env, key, state, rollout.action[step, row], params)
        parts = ("observation", "state", "reward", "terminated", "truncated", "info")
        assert same(alone, at(tuple(getattr(rollout, part) for part in parts), (step, row)))
        assert (observed == alone[0]).all()


def test_reset_begins_an_episode_on_a_level(task, played, rollout):
    observation, state = rollout.reset
    count = len(state.level) // 2
    assert (state.level == np.tile(np.arange(count), 2)).all()
    starts = jax.vmap(task.env.start)(played)
    assert same(at(state.state, slice(count)), starts)
    assert not same(*(at(observation, index) for index in (0, 1)))


# Determinism.


def test_the_same_key_gives_the_same_rollout(task, played, actions, rollout):
    again = roll(task.env, played, actions)
    assert same(dataclasses.astuple(again), dataclasses.astuple(rollout))


def test_an_episode_is_a_function_of_level_and_actions(task, played, actions, rollout):
    other = roll(task.env, played, actions, jax.random.key(1))
    # Up to the end of the first episode: the level of the next one depends on the key.
    first = np.cumsum(rollout.done, axis=0) - rollout.done == 0
    parts = ("before", "reward", "terminated", "truncated")
    one, two = (at([getattr(run, part) for part in parts], first) for run in (rollout, other))
    assert same(one, two)
    assert (rollout.info["final_observation"] == other.info["final_observation"])[first].all()
    assert not same(rollout.before.level, other.before.level)


# Environments as values.


def test_equal_environments_have_equal_hashes_and_others_differ(task):
    one, other = (dataclasses.replace(task.env, time_limit=9) for _ in range(2))
    assert one is not other
    assert (one, hash(one)) == (other, hash(other))
    for settings in ({"time_limit": 9}, {"goals": task.env.goals[:1]}):
        assert dataclasses.replace(task.env, **settings) != task.env
