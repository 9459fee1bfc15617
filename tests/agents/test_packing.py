import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.packing import pack, unpack


@pytest.mark.parametrize("shape", [(5, 13, 13, 7), (1, 8), (3, 1, 2)])
def test_cells_come_back_from_an_eighth_of_the_space(shape):
    cells = jax.random.bernoulli(jax.random.key(0), 0.3, shape)
    packed = pack(cells)
    assert packed.dtype == jnp.uint8
    assert packed.nbytes == shape[0] * -(-np.prod(shape[1:]) // 8)
    np.testing.assert_array_equal(unpack(packed, like=cells[:1]), cells)


def test_other_observations_stay_as_they_are():
    numbers = jnp.arange(6.0).reshape(2, 3)
    assert pack(numbers) is numbers
    assert unpack(numbers, like=numbers) is numbers
