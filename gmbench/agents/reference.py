"""Reference policies: one for every candidate goal, planned exactly or else scripted, and the random one."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gmbench.agents.planning import Planner, best_actions, make_plan
from gmbench.envs.core.environment import Environment

Script = Callable[[Any, Any], jax.Array]
"""What a scripted policy does: from a level and a state to an action, int32; pure."""


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
    """Does what is best by a plan. It must be shown `StateNumbers`.

    Attributes:
        best: uint8[levels, states], sets of actions as `optimal_actions` gives them.
        last: bool, whether it takes the last of the actions that are equally good, or the first.
    """

    best: jax.Array
    last: jax.Array | bool

    def start(self) -> tuple[()]:
        """Nothing is carried."""
        return ()

    def act(self, carry: tuple[()], observation: jax.Array, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """The planned action."""
        best = self.best[observation[0], observation[1]].astype(jnp.uint32)
        first, last = jax.lax.population_count((best & -best) - 1), 31 - jax.lax.clz(best)
        return jnp.where(self.last, last, first).astype(jnp.int32), carry

    def ways(self) -> tuple[PlannedPolicy, PlannedPolicy]:
        """The two policies that settle all ties for the first action, and for the last."""
        never = jnp.zeros_like(self.last, bool)
        return self.replace(last=never), self.replace(last=~never)  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True)
class WholeStates:
    """What a scripted policy is shown: the level's index in its pool, the level and the state."""

    def __call__(self, index: jax.Array, level: Any, state: Any) -> tuple[jax.Array, Any, Any]:
        """The observation for `gmbench.benchmarks.evaluation.evaluate`."""
        return index, level, state


@struct.dataclass
class ScriptedPolicy:
    """Does what a script says. It must be shown `WholeStates`.

    Attributes:
        chosen: int32[levels], which of the scripts it follows on each level.
        scripts: all that there are.
    """

    chosen: jax.Array
    scripts: tuple[Script, ...] = struct.field(pytree_node=False)

    def start(self) -> tuple[()]:
        """Nothing is carried."""
        return ()

    def act(self, carry: tuple[()], observation: Any, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """The action of the script."""
        index, level, state = observation
        return jax.lax.switch(self.chosen[index], self.scripts, level, state), carry

    def ways(self) -> tuple[ScriptedPolicy]:
        """Itself: a script leaves no ties."""
        return (self,)


@functools.partial(jax.jit, static_argnums=0)
def optimal_actions(planner: Planner, levels: Any) -> jax.Array:
    """All that is best to do for every goal in every state of a pool: uint8[goals, levels, states].

    Each is a set of actions, bit a for action a: where several are equally good, the set has them all.
    """
    actions = jnp.arange(planner.env.num_actions, dtype=jnp.uint8)
    bits = (jnp.uint8(1) << actions)[:, None]

    def best(level: Any) -> jax.Array:
        sets = jnp.where(best_actions(make_plan(planner, level).worth), bits, 0)
        return jnp.sum(sets, axis=1, dtype=jnp.uint8)

    return jnp.swapaxes(jax.lax.map(best, levels), 0, 1)
