import jax
import jax.numpy as jnp
import numpy as np

from gmbench.runs.storage import policies
from gmbench.runs.storage.atomic import directory_digest


def test_a_saved_pytree_is_restored(tmp_path):
    tree = {"weights": jnp.arange(6.0).reshape(2, 3), "steps": jnp.int32(4)}
    policies.save(tmp_path / "saved", tree)
    digest = directory_digest(tmp_path / "saved")
    restored = policies.restore(tmp_path / "saved", like=jax.tree.map(jnp.zeros_like, tree), digest=digest)
    jax.tree.map(np.testing.assert_array_equal, restored, tree)
