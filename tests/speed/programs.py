"""Programs that tests compile and count."""

import jax
import jax.numpy as jnp

from gmbench.speed.program_cost import program_cost


def compile_program(function, *arguments):
    """Compiles a function for these arguments: arrays, or shapes of float32 arrays."""
    filled = [jnp.ones(each) if isinstance(each, tuple) else each for each in arguments]
    return jax.jit(function).lower(*filled).compile()


def cost_of(function, *arguments):
    """The cost of a function, compiled for these arguments."""
    return program_cost(compile_program(function, *arguments))
