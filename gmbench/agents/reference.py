"""Reference policies: the optimal ones of every candidate goal, by exact planning, and the random one."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.planning import DISCOUNT, action_values, optimal_values
from gmbench.envs.environment import Environment


@struct.dataclass
class RandomPolicy:
    """Every action alike, whatever it sees: int32, how many actions there are."""

    actions: jax.Array | int

    def start(self) -> tuple[()]:
        """Nothing is carried."""
        return ()

    def act(self, carry: tuple[()], observation: Any, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """A uniformly drawn action."""
        return jax.random.randint(key, (), 0, self.actions), carry


@dataclasses.dataclass(frozen=True)
class StateNumbers:
    """What a planned policy is shown: int32[2], the level's index in its pool and the state's number."""

    env: Environment[Any, Any]

    def __call__(self, index: jax.Array, level: Any, state: Any) -> jax.Array:
        """The observation for `gmbench.benchmarks.evaluation.evaluate`."""
        return jnp.stack((index, self.env.state_number(state)))


@struct.dataclass
class PlannedPolicy:
    """Looks its action up: int8[levels, states]. It must be shown `StateNumbers`."""

    table: jax.Array

    def start(self) -> tuple[()]:
        """Nothing is carried."""
        return ()

    def act(self, carry: tuple[()], observation: jax.Array, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """The planned action."""
        return self.table[observation[0], observation[1]].astype(jnp.int32), carry


@functools.partial(jax.jit, static_argnums=(0,), static_argnames=("first_only", "discount", "ties"))
def optimal_actions(
    env: Environment[Any, Any],
    levels: Any,
    *,
    first_only: bool,
    discount: float = DISCOUNT,
    ties: str = "first",
) -> jax.Array:
    """An optimal action for every goal in every state: int8[goals, levels, states], for `PlannedPolicy`.

    Args:
        env: an environment that numbers its states.
        levels: a pool.
        first_only: see `gmbench.agents.planning.optimal_values`.
        discount: of the plan.
        ties: among equally good actions, take the ``first`` or the ``last``.
    """

    def plan(level: Any) -> jax.Array:
        values = optimal_values(env, level, first_only, discount)

        def best(number: jax.Array) -> jax.Array:
            worth = action_values(env, level, values, env.numbered_state(number), first_only, discount)
            if ties == "last":
                return (env.num_actions - 1 - jnp.argmax(worth[:, ::-1], axis=-1)).astype(jnp.int8)
            return jnp.argmax(worth, axis=-1).astype(jnp.int8)

        return jax.vmap(best, out_axes=1)(jnp.arange(env.state_count))

    return jnp.swapaxes(jax.lax.map(plan, levels), 0, 1)
