"""Random walks on generated Keys & Chests levels."""

import functools

import jax
import numpy as np
import pytest

from gmbench.envs.core.levels import select
from gmbench.envs.keys import Keys
from gmbench.envs.keys.environment import count_held

ENV = Keys()


@functools.partial(jax.jit, static_argnums=1)
def _walk(pool, steps):
    """One random walk on each level: for every state the view, the scene, the position and the keys held."""

    def play_one(level, key):
        def step(state, action):
            after = ENV.advance(level, state, action)
            seen = ENV.view(level, after), ENV.scene(level, after)
            return after, (after, *seen, ENV.position(after), count_held(level, after))

        actions = jax.random.randint(key, (steps,), 0, ENV.num_actions)
        return jax.lax.scan(step, ENV.start(level), actions)[1]

    count = len(pool.start)
    return jax.vmap(play_one)(pool, jax.random.split(jax.random.key(0), count))


@pytest.fixture(scope="session", params=["chests", "keys"])
def walks(request, keys_pool):
    """A pool, and random walks on its levels; many levels are small, so that keys and chests are found."""
    pool = select(keys_pool(request.param), np.arange(32))
    return pool, jax.tree.map(np.asarray, _walk(pool, 120))
