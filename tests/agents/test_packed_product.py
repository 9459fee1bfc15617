import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.networks import ActorCritic
from gmbench.agents.packed_product import BLOCK, packed_product
from gmbench.envs.core import grid

UNITS = 5


def dense(views, kernel):
    """Computes the same product with all cells unpacked."""
    return grid.image(views).astype(jnp.float32).reshape(len(views), -1) @ kernel


def drawn(batch, channels, seed=0):
    keys = jax.random.split(jax.random.key(seed), 3)
    views = grid.low_bits(jax.random.bits(keys[0], (batch, grid.VIEW, channels), jnp.uint32))
    kernel = jax.random.normal(keys[1], (grid.VIEW**2 * channels, UNITS))
    return views, kernel, jax.random.normal(keys[2], (batch, UNITS))


def learned(product):
    """Makes a function that computes a product and its gradient."""

    def function(views, kernel, weights):
        def loss(kernel):
            outputs = product(views, kernel)
            return jnp.sum(outputs * weights), outputs

        return jax.grad(loss, has_aux=True)(kernel)

    return jax.jit(function)


@pytest.mark.parametrize(("batch", "channels"), [(1, 1), (7, 3), (33, 7), (2 * BLOCK + 5, 1)])
def test_product_and_gradient_are_those_of_the_unpacked_cells(batch, channels):
    case = drawn(batch, channels)
    np.testing.assert_allclose(jax.jit(packed_product)(*case[:2]), dense(*case[:2]), rtol=1e-5, atol=1e-4)
    for ours, plain in zip(learned(packed_product)(*case), learned(dense)(*case), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-5, atol=1e-3)


def test_a_vmapped_row_equals_the_solo_product():
    cases = [drawn(6, 2, seed) for seed in range(3)]
    together = jax.vmap(learned(packed_product))(*(jnp.stack(parts) for parts in zip(*cases, strict=True)))
    for seed, case in enumerate(cases):
        for ours, alone in zip(together, learned(packed_product)(*case), strict=True):
            np.testing.assert_allclose(ours[seed], alone, rtol=1e-5, atol=1e-4)


def test_the_network_computes_the_same_from_packed_and_unpacked_views():
    views = drawn(9, 4)[0].reshape(3, 3, grid.VIEW, 4)
    network = ActorCritic(actions=4)
    init, outputs = jax.jit(network.init), jax.jit(network.outputs)
    weights = init(jax.random.key(0), views)
    shapes = jax.tree.map(jnp.shape, weights)
    assert shapes == jax.tree.map(jnp.shape, init(jax.random.key(0), grid.image(views)))
    packed, plain = (outputs(weights, seen) for seen in (views, grid.image(views)))
    assert [part.shape for part in packed] == [(3, 3, 4), (3, 3)]
    for one, other in zip(packed, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
