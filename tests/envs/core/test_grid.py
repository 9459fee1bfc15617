import functools

import hypothesis
import hypothesis.extra.numpy
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core import grid
from gmbench.envs.core.grid import MAX_HEIGHT, RADIUS, VIEW, BitPlanes

OUTSIDE = np.array([True, False, False])
SHAPES = [(1, 1, 3), (7, 11, 3), (MAX_HEIGHT, 5, 3)]

pack = jax.jit(grid.pack)
unpack = jax.jit(grid.unpack, static_argnums=(1, 2))
cells_of_any_shape = st.sampled_from(SHAPES).flatmap(lambda shape: hypothesis.extra.numpy.arrays(bool, shape))
few_examples = hypothesis.settings(max_examples=30, deadline=None)


def random_cells(height, width, seed=0):
    return np.random.default_rng(seed).random((height, width, 3)) < 0.4


def padded(cells):
    """The cells with a border of RADIUS cells, in NumPy."""
    height, width, channels = cells.shape
    result = np.empty((height + 2 * RADIUS, width + 2 * RADIUS, channels), bool)
    result[:] = OUTSIDE
    result[RADIUS : RADIUS + height, RADIUS : RADIUS + width] = cells
    return result


def everywhere(function, rows, columns):
    """The results of function(x, y) for all rows and columns: [rows, columns, ...]."""
    over_columns = jax.vmap(function, (0, None))
    return np.asarray(jax.jit(jax.vmap(over_columns, (None, 0)))(jnp.asarray(columns), jnp.asarray(rows)))


@few_examples
@hypothesis.given(cells_of_any_shape, hypothesis.extra.numpy.arrays(bool, 3))
def test_unpack_returns_the_packed_cells(cells, outside):
    height, width, _ = cells.shape
    assert (unpack(pack(cells, outside), height, width) == cells).all()


@few_examples
@hypothesis.given(cells_of_any_shape)
def test_border_is_filled_with_outside_cells(cells):
    height = cells.shape[0]
    words = np.asarray(pack(cells, OUTSIDE).words)
    rows = np.arange(height + 2 * RADIUS, dtype=np.uint32)
    assert ((words[None] >> rows[:, None, None] & 1).astype(bool) == padded(cells)).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_window_is_a_crop_of_the_padded_cells_at_every_place(shape):
    height, width, _ = shape
    cells = random_cells(height, width)
    planes = pack(cells, OUTSIDE)
    views = everywhere(
        lambda x, y: grid.image(grid.window(planes, x, y)), rows=range(height), columns=range(width)
    )
    crops = np.lib.stride_tricks.sliding_window_view(padded(cells), (VIEW, VIEW), axis=(0, 1))
    assert (views == np.moveaxis(crops, 2, -1)).all()


def test_spot_fills_only_the_cell_of_the_view_that_shows_its_place():
    at = jnp.array([4, 9])
    offsets = range(-RADIUS, RADIUS + 1)
    views = everywhere(
        lambda dx, dy: grid.image(grid.spot(at, at[0] - dx, at[1] - dy)[:, None])[..., 0], offsets, offsets
    )
    only_there = np.eye(VIEW * VIEW, dtype=bool).reshape(VIEW, VIEW, VIEW, VIEW)
    assert (views == only_there).all()


@pytest.mark.parametrize(
    "offset", [(RADIUS + 1, 0), (-RADIUS - 1, 0), (0, RADIUS + 1), (0, -RADIUS - 1), (40, -17)]
)
def test_spot_out_of_sight_leaves_the_view_empty(offset):
    packed = grid.spot(jnp.array([20, 18]), 20 - offset[0], 18 - offset[1])
    assert not packed.any()


def test_filled_reads_single_cells_and_the_border():
    cells = random_cells(6, 4)
    words = pack(cells, OUTSIDE).words
    read = everywhere(
        lambda x, y: grid.filled(words[x + RADIUS], y),
        rows=range(-RADIUS, 6 + RADIUS),
        columns=range(-RADIUS, 4 + RADIUS),
    )
    assert (read == padded(cells)).all()


@pytest.mark.parametrize(
    "read",
    [
        lambda planes: planes.columns(2, 3),
        lambda planes: grid.window(planes, 1, 4),
        lambda planes: grid.unpack(planes, 6, 8),
    ],
    ids=["columns", "window", "unpack"],
)
def test_level_in_a_pool_reads_like_a_single_level(read):
    levels = [pack(random_cells(6, 8, seed), OUTSIDE) for seed in range(3)]
    pool = jnp.stack([level.words for level in levels])
    from_pool = jax.vmap(lambda index: read(BitPlanes(pool, index)))(jnp.arange(3))
    assert (from_pool == np.stack([read(level) for level in levels])).all()


def test_level_of_the_largest_height_can_be_packed_and_a_higher_one_is_refused():
    rows = functools.partial(np.zeros, dtype=bool)
    assert grid.pack(rows((MAX_HEIGHT, 2, 3)), OUTSIDE).words.shape == (2 + 2 * RADIUS, 3)
    with pytest.raises(ValueError, match=f"at most {MAX_HEIGHT} rows, this one has {MAX_HEIGHT + 1}"):
        grid.pack(rows((MAX_HEIGHT + 1, 2, 3)), OUTSIDE)
