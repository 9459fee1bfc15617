"""Compiled programs that play an environment, and what its own functions say about every step."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.envs.core.levels import pool_size, take
from gmbench.envs.core.world import World

KEY = jax.random.key(0)
STEPS = 64
"""Steps of each rollout."""
LATE = 40
"""In half of a rollout's environments, the first episode has at most this many steps left."""

# Compiling takes nearly all of the tests' time: the programs run for a moment only.
compile_quickly = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


@dataclasses.dataclass(frozen=True)
class Rollout:
    """A rollout with auto-reset. Every field but ``reset`` is [steps, environments, ...]."""

    reset: tuple
    """Observation and state after the reset: [environments, ...]."""
    before: object
    """The state in which the action is taken."""
    action: np.ndarray
    observation: np.ndarray
    state: object
    """The state after the step and, where the episode ended, after the reset."""
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    info: dict
    expected: dict
    """What the environment's own functions say about the final state and about ``state``."""

    @property
    def done(self):
        return self.terminated | self.truncated


def roll(env, pool, actions, key=KEY, time_limit=None):
    """Plays every level of a pool twice: once from its start, and once with few steps left.

    Args:
        env: the environment.
        pool: levels.
        actions: int[steps, 2 * levels].
        key: for the resets.
        time_limit: replaces that of the environment; then all episodes have their full length.
    """
    params = env.params(pool)
    if time_limit is not None:
        params = dataclasses.replace(params, max_steps_in_episode=jnp.int32(time_limit))
    size = pool_size(pool)
    indices, late = np.tile(np.arange(size), 2), np.full(2 * size, -1)
    left = np.arange(size) % (min(LATE, env.shortest_horizon) - 1) + 1
    late[size:] = left if time_limit is None else -1
    return Rollout(*jax.tree.map(np.asarray, _roll(env, params, indices, late, actions, key)))


@functools.partial(compile_quickly, static_argnums=0)
def _roll(env, params, indices, late, actions, key):
    """Plays ``actions``, [steps, environments]; ``late`` is how many steps are left at first, -1 for all."""
    levels = params.levels

    def begin(index, left):
        observation, state = env.reset_to(index, params)
        time = jnp.where(left < 0, 0, env.horizon(take(levels, index)) - left)
        return observation, state.replace(time=time)

    def expect(before, action, after, final):
        old, new = take(levels, before.level), take(levels, after.level)
        return {
            "following": env.advance(old, before.state, action),
            "rewards": env.rewards(old, before.state, action, final.state),
            "final ended": env.ended(old, final.state),
            "final view": env.view(old, final.state),
            "ended": env.ended(new, after.state),
            "view": env.view(new, after.state),
            "scene": env.scene(new, after.state),
            "position": env.position(after.state),
            "signs": env.signs(new, after.state) if isinstance(env, World) else (),
            "fresh": env.start(new),
            "horizon": env.horizon(old),
        }

    def step(states, inputs):
        keys = jax.random.split(inputs[1], len(inputs[0]))
        observation, after, *rest = jax.vmap(env.step, (0, 0, 0, None))(keys, states, inputs[0], params)
        expected = jax.vmap(expect)(states, inputs[0], after, rest[-1]["final_state"])
        return after, (states, inputs[0], observation, after, *rest, expected)

    reset = jax.vmap(begin)(indices, late)
    return reset, *jax.lax.scan(step, reset[1], (actions, jax.random.split(key, len(actions))))[1]
