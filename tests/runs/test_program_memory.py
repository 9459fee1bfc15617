import jax
import jax.numpy as jnp

from gmbench.runs.program_memory import bytes_of, program_memory


def test_memory_is_read_from_the_plan_of_the_compiler():
    program = jax.jit(lambda x, y: x + y, donate_argnums=0).lower(jnp.ones(1000), jnp.ones(1000)).compile()
    memory = program_memory(program)
    assert (memory.arguments, memory.outputs, memory.aliased) == (8000, 4000, 4000)
    assert memory.peak == 8000 + memory.temporaries


def test_the_bytes_of_random_keys_count():
    assert bytes_of({"key": jax.random.key(0), "flags": jnp.zeros((2, 3), bool)}) == 8 + 6
