import jax
import jax.numpy as jnp
import pytest

from gmbench.agents.ppo import PPO, PPOConfig
from gmbench.speed.hlo import parse
from gmbench.speed.program_cost import count, program_cost


def compiled(function, *arguments):
    """Arguments are arrays, or shapes of float32 arrays."""
    filled = [jnp.ones(each) if isinstance(each, tuple) else each for each in arguments]
    return jax.jit(function).lower(*filled).compile()


def cost(function, *arguments):
    return program_cost(compiled(function, *arguments))


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
def test_without_loops_it_is_what_xla_counts(name):
    program = compiled(*LOOP_FREE[name])
    counted, by_xla = program_cost(program), program.cost_analysis()
    assert counted.complete
    assert counted.operations == by_xla["flops"]
    assert counted.transcendentals == by_xla.get("transcendentals", 0)
    assert counted.bytes == pytest.approx(by_xla["bytes accessed"], rel=0.01)


def product_in_loops(*lengths):
    """A product inside loops of these lengths, one in the other."""

    def repeated(depth):
        def body(carry, _):
            return repeated(depth + 1)(carry), None

        if depth == len(lengths):
            return lambda carry: jnp.tanh(carry @ carry)
        return lambda carry: jax.lax.scan(body, carry, None, length=lengths[depth])[0]

    return repeated(0)


@pytest.mark.parametrize(("lengths", "times"), [((10,), 10), ((3, 5), 15), ((3, 5, 7), 105)])
def test_a_loop_counts_as_often_as_it_runs(lengths, times):
    counted = cost(product_in_loops(*lengths), (32, 32))
    assert counted.complete
    assert counted.products == times * 2 * 32**3
    assert counted.transcendentals == times * 32**2
    assert counted.products <= counted.operations < counted.products + times * 32**2


def test_batched_products_inside_a_loop_count_each_batch():
    def step(carry, weights):
        return carry @ weights, None

    def run(carry, weights):
        return jax.lax.scan(step, carry, weights)[0]

    assert cost(jax.vmap(run), (6, 8, 16), (6, 10, 16, 16)).products == 6 * 10 * 2 * 8 * 16 * 16


def test_a_loop_of_unknown_length_is_named():
    counted = cost(lambda x: jax.lax.while_loop(lambda x: jnp.sum(x) < 100, lambda x: 2 * x, x), (8,))
    assert counted.loops_unknown == 1
    assert not counted.complete


def test_what_cannot_be_counted_is_named():
    counted = cost(lambda x: jnp.linalg.cholesky(x @ x.T), (16, 16))
    assert not counted.complete
    assert len(counted.not_counted) == 1
    assert counted.products == 2 * 16**3


def test_of_branches_the_larger_one_counts():
    def branch(x):
        return jax.lax.cond(x[0, 0] > 0, lambda x: x + 1, lambda x: x @ x, x)

    assert cost(branch, (32, 32)).products == 2 * 32**3


@pytest.mark.parametrize("rows", [100, 10_000])
def test_a_loop_that_picks_rows_of_a_table_does_not_move_the_table(rows):
    def gathered(table, indices):
        return jax.lax.scan(lambda carry, index: (carry + jnp.sum(table[index]), None), 0.0, indices)[0]

    counted = cost(gathered, (rows, 8), jnp.zeros((50, 4), jnp.int32))
    assert 50 * 4 * 8 * 4 <= counted.bytes < 50 * 4 * 8 * 4 * 10


@pytest.mark.parametrize("rows", [100, 10_000])
def test_a_loop_that_writes_rows_of_a_table_does_not_move_the_table(rows):
    def collected(start):
        return jax.lax.scan(lambda carry, _: (carry + 1, carry * 2), start, None, length=rows)[1]

    counted = cost(collected, (16,))
    assert rows * 16 * 4 <= counted.bytes / 2 < rows * 16 * 4 * 8


def test_operations_of_one_update_are_those_of_its_layers(env):
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
    # Forward, for the weights, and for what goes into all but the first layer.
    learning = 2 * steps * (2 + 2) * (first + later) + 2 * steps * 2 * later
    assert counted.complete
    assert counted.products == pytest.approx(seeds * (acting + learning), rel=0.02)
    assert counted.bytes > 0


GPU = """HloModule jit_step, is_scheduled=true

%inside (p.0: f32[16,32], p.1: bf16[32,8]) -> f32[16,8] {
  %p.0 = f32[16,32]{1,0} parameter(0)
  %p.1 = bf16[32,8]{1,0} parameter(1)
  %wide = f32[32,8]{1,0} convert(%p.1)
  ROOT %inner = f32[16,8]{1,0} dot(%p.0, %wide), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}

%body (carried: (s32[], f32[16,32])) -> (s32[], f32[16,32]) {
  %carried = (s32[], f32[16,32]{1,0}) parameter(0)
  %count = s32[] get-tuple-element(%carried), index=0
  %left = f32[16,32]{1,0} get-tuple-element(%carried), index=1
  %right = f32[32,32]{1,0} constant({...})
  %call = (f32[16,32]{1,0}, s8[4194304]{0}) custom-call(%left, %right), custom_call_target="__cublas$gemm", \
metadata={op_name="jit(step)/while/body/dot{} calls=%nothing"}, backend_config={"gemm_backend_config":\
{"alpha_real":1,"beta":0,"dot_dimension_numbers":{"lhs_contracting_dimensions":["1"],\
"rhs_contracting_dimensions":["0"],"lhs_batch_dimensions":[],"rhs_batch_dimensions":[]}}}
  %product = f32[16,32]{1,0} get-tuple-element(%call), index=0
  ROOT %out = (s32[], f32[16,32]{1,0}) tuple(%count, %product)
}

%condition (carried.1: (s32[], f32[16,32])) -> pred[] {
  %carried.1 = (s32[], f32[16,32]{1,0}) parameter(0)
  %count.1 = s32[] get-tuple-element(%carried.1), index=0
  %limit = s32[] constant(7)
  ROOT %less = pred[] compare(%count.1, %limit), direction=LT
}

ENTRY %main (a: f32[16,32], b: bf16[32,8], c: f32[5,2048], d: f32[5,2048,64]) -> (f32[16,8], f32[5,64]) {
  %a = f32[16,32]{1,0} parameter(0)
  %b = bf16[32,8]{1,0} parameter(1)
  %c = f32[5,2048]{1,0} parameter(2)
  %d = f32[5,2048,64]{2,1,0} parameter(3)
  %zero = s32[] constant(0)
  %start = (s32[], f32[16,32]{1,0}) tuple(%zero, %a)
  %loop = (s32[], f32[16,32]{1,0}) while(%start), condition=%condition, body=%body, \
backend_config={"known_trip_count":{"n":"7"}}
  %last = f32[16,32]{1,0} get-tuple-element((s32[], f32[16,32]{1,0}) %loop), index=1
  %triton = f32[16,8]{1,0} fusion(f32[16,32]{1,0} %last, bf16[32,8]{1,0} %b), kind=kCustom, calls=%inside, \
backend_config={"fusion_backend_config":{"kind":"__triton_gemm"}}
  %rows = (f32[5,64]{1,0}, s8[1024]{0}) custom-call(%c, %d), custom_call_target="__cublas$lt$matmul", \
backend_config={"gemm_backend_config":{"dot_dimension_numbers":{"lhs_contracting_dimensions":["1"],\
"rhs_contracting_dimensions":["1"],"lhs_batch_dimensions":["0"],"rhs_batch_dimensions":["0"]}}}
  %row = f32[5,64]{1,0} get-tuple-element(%rows), index=0
  ROOT %both = (f32[16,8]{1,0}, f32[5,64]{1,0}) tuple(%triton, %row)
}
"""


def test_products_that_libraries_compute_for_a_gpu_are_counted():
    counted = count(GPU)
    looped, fused, batched = 2 * 16 * 32 * 32, 2 * 16 * 32 * 8, 2 * 5 * 2048 * 64
    assert counted.complete
    assert counted.products == 7 * looped + fused + batched
    assert counted.operations == counted.products + 7 + 32 * 8, "the condition and the conversion"
    # Neither the room that the library works in, nor what stands between the parts of a fusion.
    loop = 7 * (4 * (16 * 32 + 32 * 32 + 16 * 32) + 4 + 4 + 1)
    rest = 4 * 16 * 32 + 2 * 32 * 8 + 4 * 16 * 8 + 4 * (5 * 2048 + 5 * 2048 * 64 + 5 * 64)
    assert counted.bytes == loop + rest


@pytest.mark.parametrize(
    "sides", [("2,8,4,16", "2,8,16,32"), ("2,8,16,4", "2,8,16,32"), ("2,8,4,16", "2,8,32,16")]
)
def test_products_of_a_library_that_does_not_name_sides_are_counted(sides):
    text = """ENTRY %main (a: f32[@]) -> f32[2,8,4,32] {
  %a = f32[LEFT]{3,2,1,0} parameter(0)
  %b = f32[RIGHT]{3,2,1,0} parameter(1)
  ROOT %r = f32[2,8,4,32]{3,2,1,0} custom-call(%a, %b), custom_call_target="__onednn$matmul", \
backend_config={"onednn_matmul_config":{}}
}"""
    counted = count(text.replace("LEFT", sides[0]).replace("RIGHT", sides[1]))
    assert counted.products == 2 * 2 * 8 * 4 * 16 * 32


def test_types_are_read():
    text = """ENTRY main {
  a = (f32[2,3]{1,0:T(8,128)}, pred[], bf16[<=4], s4[10], /*index=4*/token[], f8e4m3fn[7]) parameter(0)
  ROOT b = u32[0,5]{1,0} constant({})
}"""
    inside = parse(text).computations["main"]
    assert inside.root == "b"
    sizes = [shape.bytes for shape in inside.instructions["a"].shapes]
    assert sizes == [24, 1, 8, 5, 0, 7]
    assert inside.instructions["b"].bytes == 0


def test_what_is_no_program_is_refused():
    with pytest.raises(ValueError, match="ENTRY"):
        count("nothing of the kind")
