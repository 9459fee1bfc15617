import jax
import jax.numpy as jnp
import numpy as np

from gmbench.envs.coinrun.physics import CoinRunState
from gmbench.envs.core.materialized import materialized

STATE = CoinRunState(
    x=jnp.array([0, 1, 63, -1, -(2**31) + 2, 2**31 - 2], jnp.int32),
    y=jnp.array([2.5, -0.0], jnp.float32),
    rise=jnp.array([0, 2**32 - 1], jnp.uint32),
    phase=jnp.array(7, jnp.int32),
    dead=jnp.array([True, False]),
)


def test_values_and_dtypes_do_not_change():
    for made in (materialized(STATE), jax.jit(materialized)(STATE), jax.vmap(materialized)(STATE.x)):
        expected = STATE if isinstance(made, CoinRunState) else STATE.x
        assert jax.tree.map(lambda leaf: leaf.dtype, made) == jax.tree.map(lambda leaf: leaf.dtype, expected)
        jax.tree.map(np.testing.assert_array_equal, made, expected)


def test_a_materialized_array_is_computed_once_for_all_kernels_that_read_it():
    """Counts in the compiled program how often it computes an array that three kernels read."""

    def readers(keep, numbers):
        once = keep(numbers ^ 12345)
        return tuple(jnp.sort(once + reader) for reader in range(3))

    def times(keep):
        program = jax.jit(readers, static_argnums=0).lower(keep, jnp.arange(64)).compile()
        return program.as_text().count("constant(12345)")

    assert times(materialized) == 1
    assert times(lambda numbers: numbers) == 3
