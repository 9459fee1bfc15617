import jax
import pytest

from gmbench.agents.ppo import PPO, PPOConfig
from gmbench.runs.program_memory import bytes_of
from gmbench.speed.measurement import STEPS_PER_CALL, measure_environment, measure_training
from gmbench.speed.timing import Repeats

ONCE = Repeats(count=2, seconds=1e-6)
ENVIRONMENTS = 3


@pytest.fixture(scope="module")
def params(env):
    return env.default_params


def test_environments_are_measured(env, params):
    measured = measure_environment(env, params, ENVIRONMENTS, ONCE)
    cells = 13 * 13 * len(env.channels)
    assert measured.steps == STEPS_PER_CALL * ENVIRONMENTS
    assert len(measured.timing.seconds) == ONCE.count
    assert min(measured.timing.seconds) > 0
    assert measured.compile_seconds > 0
    assert measured.cost.complete
    # Every cell of every observation is read and written once per step.
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
