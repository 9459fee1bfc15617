import jax
import jax.numpy as jnp
import numpy as np

from gmbench.runs.storage import policies as checkpoint


def test_a_pytree_comes_back(tmp_path):
    tree = {"weights": jnp.arange(6.0).reshape(2, 3), "steps": jnp.int32(4)}
    checkpoint.save(tmp_path / "kept", tree)
    restored = checkpoint.restore(tmp_path / "kept", like=jax.tree.map(jnp.zeros_like, tree))
    jax.tree.map(np.testing.assert_array_equal, restored, tree)
