import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.ppo import PPO, PPOConfig
from gmbench.runs.program_memory import bytes_of, program_memory
from gmbench.speed.measurement import STEPS, begin_walk, measure_environment, measure_training, walk
from gmbench.speed.timing import Repeats, Spread, Timing, time_repeats

ONCE = Repeats(count=2, seconds=1e-6)
ENVIRONMENTS = 3


@pytest.fixture(scope="module")
def params(env):
    return env.default_params


def test_a_walk_is_the_environment_under_random_actions_and_sees_every_cell(env, params):
    begun = begin_walk(env, jax.random.key(0), params, ENVIRONMENTS)
    walked = jax.jit(walk, static_argnums=(0, 3))(env, begun, params, 5)
    seen, rewards, ends, states = np.array(begun.seen), 0.0, 0, begun.states
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
    np.testing.assert_array_equal(walked.seen, seen)
    assert seen.any()
    np.testing.assert_allclose(walked.rewards, rewards)
    np.testing.assert_array_equal(walked.ends, ends)
    assert (jax.random.key_data(walked.key) == jax.random.key_data(next_key)).all()
    for at_end, stepped in zip(jax.tree.leaves(walked.states), jax.tree.leaves(states), strict=True):
        np.testing.assert_array_equal(at_end, stepped)


def test_environments_are_measured(env, params):
    measured = measure_environment(env, params, ENVIRONMENTS, ONCE)
    cells = 13 * 13 * len(env.channels)
    assert measured.steps == STEPS * ENVIRONMENTS
    assert len(measured.timing.seconds) == ONCE.count
    assert min(measured.timing.seconds) > 0
    assert measured.compile_seconds > 0
    assert measured.cost.complete
    # Every cell of every observation is read and written.
    assert measured.cost.bytes > 2 * measured.steps * cells
    assert measured.cost.operations > measured.steps * cells
    assert measured.cost.products == 0
    state = jax.eval_shape(env.reset, jax.random.key(0), params)[1]
    assert measured.holds == {"state": bytes_of(state), "observation": cells}
    assert measured.memory.peak >= bytes_of(params) + ENVIRONMENTS * cells


def test_training_is_measured(env, params):
    learner = PPO(env, PPOConfig(num_envs=4, num_steps=8, epochs=1, minibatches=2, hidden=(8,)), updates=10)
    measured = measure_training(learner, params, 2, ONCE)
    assert measured.steps == 2 * 4 * 8
    assert measured.cost.complete
    assert 0 < measured.cost.products < measured.cost.operations
    one = jax.eval_shape(learner.init, jax.random.key(0), params)
    assert measured.holds == {"learner": bytes_of(one)}
    assert measured.memory.temporaries > 0


def test_memory_is_what_the_compiler_planned():
    program = jax.jit(lambda x, y: x + y, donate_argnums=0).lower(jnp.ones(1000), jnp.ones(1000)).compile()
    memory = program_memory(program)
    assert (memory.arguments, memory.outputs, memory.aliased) == (8000, 4000, 4000)
    assert memory.peak == 8000 + memory.temporaries


def test_random_keys_have_a_size():
    assert bytes_of({"key": jax.random.key(0), "flags": jnp.zeros((2, 3), bool)}) == 8 + 6


def test_repeats_hand_on_what_the_last_call_gave():
    calls = []

    def call(carry):
        calls.append(int(carry))
        return carry + 1

    timing = time_repeats(call, jnp.int32(0), Repeats(count=3, seconds=1e-9))
    assert timing.calls == 1
    assert calls == list(range(2 + 3))
    longer = time_repeats(call, jnp.int32(0), Repeats(count=1, seconds=0.05))
    assert longer.calls > 1
    assert len(longer.seconds) == 1


def test_rates_have_a_median_and_quartiles():
    timing = Timing(calls=1, seconds=(1.0, 2.0, 4.0, 4.0, 8.0))
    assert timing.rate(8.0) == Spread(median=2.0, low=2.0, high=4.0)
