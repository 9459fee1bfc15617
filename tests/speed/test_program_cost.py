import jax
import jax.numpy as jnp
import pytest

from gmbench.agents.ppo import PPO, PPOConfig
from gmbench.speed.program_cost import program_cost
from tests.speed.programs import compile_program, cost_of


def gradient(weights, inputs):
    return jax.grad(lambda weights: jnp.mean(jax.nn.relu(inputs @ weights) ** 2))(weights)


LOOP_FREE = {
    "product": (jnp.matmul, (64, 96), (96, 48)),
    "batched product": (jax.vmap(jnp.matmul), (4, 8, 16), (4, 16, 32)),
    "elementwise": (lambda x: jnp.exp(x) * x + jnp.sqrt(x), (64, 96)),
    "layer": (lambda x, y: jax.nn.log_softmax(jax.nn.relu(x @ y)), (64, 96), (96, 48)),
    "gradient": (gradient, (96, 48), (64, 96)),
    "reductions": (lambda x: (x - jnp.mean(x)) / jnp.std(x), (64, 96)),
    "argmax": (lambda x: jnp.argmax(x, axis=1), (64, 96)),
    "sum along": (lambda x: jnp.cumsum(x, axis=1), (64, 96)),
    "sort": (lambda x: jnp.sort(x, axis=0), (64, 96)),
    "bits": (lambda x: (x >> 2) & 3 | (x != 5), jnp.arange(100, dtype=jnp.uint32)),
    "slice": (lambda x, row: jax.lax.dynamic_slice(x, (row, 0), (1, 96)) * 2, (64, 96), jnp.int32(3)),
}


@pytest.mark.parametrize("name", LOOP_FREE)
def test_without_loops_the_cost_equals_that_of_xla(name):
    program = compile_program(*LOOP_FREE[name])
    counted, by_xla = program_cost(program), program.cost_analysis()
    assert counted.complete
    assert counted.operations == by_xla["flops"]
    assert counted.transcendentals == by_xla.get("transcendentals", 0)
    assert counted.bytes == pytest.approx(by_xla["bytes accessed"], rel=0.01)


def product_in_loops(*lengths):
    """A matrix product inside nested loops of these lengths, the outermost first."""

    def repeated(depth):
        def body(carry, _):
            return repeated(depth + 1)(carry), None

        if depth == len(lengths):
            return lambda carry: jnp.tanh(carry @ carry)
        return lambda carry: jax.lax.scan(body, carry, None, length=lengths[depth])[0]

    return repeated(0)


@pytest.mark.parametrize(("lengths", "times"), [((10,), 10), ((3, 5), 15), ((3, 5, 7), 105)])
def test_the_body_of_a_loop_counts_as_often_as_it_runs(lengths, times):
    counted = cost_of(product_in_loops(*lengths), (32, 32))
    assert counted.complete
    assert counted.products == times * 2 * 32**3
    assert counted.transcendentals == times * 32**2
    assert counted.products <= counted.operations < counted.products + times * 32**2


def test_batched_products_inside_a_loop_count_once_per_batch():
    def step(carry, weights):
        return carry @ weights, None

    def run(carry, weights):
        return jax.lax.scan(step, carry, weights)[0]

    assert cost_of(jax.vmap(run), (6, 8, 16), (6, 10, 16, 16)).products == 6 * 10 * 2 * 8 * 16 * 16


def test_a_loop_of_unknown_length_makes_the_cost_incomplete():
    counted = cost_of(lambda x: jax.lax.while_loop(lambda x: jnp.sum(x) < 100, lambda x: 2 * x, x), (8,))
    assert counted.loops_unknown == 1
    assert not counted.complete


def test_an_operation_that_cannot_be_counted_is_listed():
    counted = cost_of(lambda x: jnp.linalg.cholesky(x @ x.T), (16, 16))
    assert not counted.complete
    assert len(counted.not_counted) == 1
    assert counted.products == 2 * 16**3


def test_the_largest_branch_of_a_conditional_counts():
    def branch(x):
        return jax.lax.cond(x[0, 0] > 0, lambda x: x + 1, lambda x: x @ x, x)

    assert cost_of(branch, (32, 32)).products == 2 * 32**3


def test_products_of_a_ppo_update_are_those_of_its_layers(env):
    config = PPOConfig(num_envs=8, num_steps=16, epochs=2, minibatches=2, hidden=(24, 32))
    learner = PPO(env, config, updates=10)
    params = env.default_params
    seeds = 3
    keys = jax.random.split(jax.random.key(0), seeds)
    learners = jax.eval_shape(jax.vmap(learner.init, (0, None)), keys, params)
    counted = program_cost(jax.jit(jax.vmap(learner.update, (0, None))).lower(learners, params).compile())
    first = 13 * 13 * len(env.channels) * 24
    later = 24 * 32 + 32 * (env.num_actions + 1)
    steps, looked_ahead = 8 * 16, 2 * 8
    acting = (steps + looked_ahead) * 2 * (first + later)
    # The forward pass, the gradients of the weights, and those of the inputs of all but the first layer.
    learning = 2 * steps * (2 + 2) * (first + later) + 2 * steps * 2 * later
    assert counted.complete
    assert counted.products == pytest.approx(seeds * (acting + learning), rel=0.02)
    assert counted.bytes > 0
