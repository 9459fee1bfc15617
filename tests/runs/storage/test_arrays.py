import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.runs.storage.arrays import is_key, read_arrays, write_arrays


def test_arrays_and_random_keys_are_read_as_they_were_written(tmp_path):
    tree = {
        "weights": (jnp.arange(6, dtype=jnp.bfloat16).reshape(2, 3), np.float32(1.5)),
        "key": jax.random.split(jax.random.key(3), 2),
        "flags": jnp.array([True, False]),
    }
    write_arrays(tmp_path / "tree.npz", tree)
    back = read_arrays(tmp_path / "tree.npz", jax.eval_shape(lambda: tree))
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    for one, other in zip(jax.tree.leaves(back), jax.tree.leaves(tree), strict=True):
        assert one.dtype == other.dtype
        if is_key(one):
            one, other = jax.random.key_data(one), jax.random.key_data(other)
        np.testing.assert_array_equal(one, other)


def test_arrays_of_other_shapes_are_refused(tmp_path):
    write_arrays(tmp_path / "tree.npz", [np.zeros(3)])
    with pytest.raises(ValueError, match=r"the shape \(3,\) instead of \(2,\)"):
        read_arrays(tmp_path / "tree.npz", [np.zeros(2)])
    with pytest.raises(ValueError, match="other arrays"):
        read_arrays(tmp_path / "tree.npz", [np.zeros(3), np.zeros(3)])
