"""Reference policies: the random policy, and one policy per candidate goal that is planned or scripted.

Scores are measured against the returns of these policies.
"""

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
"""The rule of a scripted policy: a pure function from a level and a state to an action, int32."""


@struct.dataclass
class RandomPolicy:
    """The random policy: draws every action with equal probability.

    Attributes:
        actions: int32, number of actions.
    """

    actions: jax.Array | int

    def start(self) -> tuple[()]:
        """Returns the empty carry, because the policy has no memory."""
        return ()

    def act(self, carry: tuple[()], observation: Any, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """Draws an action uniformly."""
        return jax.random.randint(key, (), 0, self.actions), carry


@struct.dataclass
class ConstantPolicy:
    """A policy that always takes the same action.

    Attributes:
        action: int32, the action.
    """

    action: jax.Array | int

    def start(self) -> tuple[()]:
        """Returns the empty carry, because the policy has no memory."""
        return ()

    def act(self, carry: tuple[()], observation: Any, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """Returns the action."""
        return jnp.asarray(self.action, jnp.int32), carry


@struct.dataclass
class ClumsyPolicy:
    """A reference policy that takes some of its actions at random.

    Attributes:
        policy: a planned or scripted policy; its observations begin with the level's index in its pool.
        randomness: float32[levels], fraction of the actions that are random on each level.
        actions: int32, number of actions.
    """

    policy: PlannedPolicy | ScriptedPolicy
    randomness: jax.Array
    actions: jax.Array | int

    def start(self) -> Any:
        """Returns the carry of the policy at the start of an episode."""
        return self.policy.start()

    def act(self, carry: Any, observation: Any, key: jax.Array) -> tuple[jax.Array, Any]:
        """Returns the action of the policy, or a random one."""
        of_policy, of_choice, of_action = jax.random.split(key, 3)
        action, carry = self.policy.act(carry, observation, of_policy)
        slips = jax.random.uniform(of_choice) < self.randomness[observation[0]]
        return jnp.where(slips, jax.random.randint(of_action, (), 0, self.actions), action), carry


@dataclasses.dataclass(frozen=True)
class StateNumbers:
    """The observation of a planned policy: int32[2], the level's index in its pool and the state's number."""

    env: Environment[Any, Any]

    def __call__(self, index: jax.Array, level: Any, state: Any) -> jax.Array:
        """Makes the observation, as `gmbench.benchmarks.episode_steps.Observe` requires."""
        return jnp.stack((index, self.env.state_number(state)))


@struct.dataclass
class PlannedPolicy:
    """A policy that takes the optimal actions of a plan. Its observations must be `StateNumbers`.

    Attributes:
        best: uint8[levels, states], set of optimal actions in each state, see `optimal_actions`.
        last: bool, whether the policy breaks ties in favour of the last optimal action instead of the first.
    """

    best: jax.Array
    last: jax.Array | bool

    def start(self) -> tuple[()]:
        """Returns the empty carry, because the policy has no memory."""
        return ()

    def act(self, carry: tuple[()], observation: jax.Array, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """Returns an optimal action."""
        best = self.best[observation[0], observation[1]].astype(jnp.uint32)
        first, last = jax.lax.population_count((best & -best) - 1), 31 - jax.lax.clz(best)
        return jnp.where(self.last, last, first).astype(jnp.int32), carry

    def tie_breaks(self) -> tuple[PlannedPolicy, PlannedPolicy]:
        """Returns two policies: one breaks all ties in favour of the first action, the other of the last."""
        never = jnp.zeros_like(self.last, bool)
        return self.replace(last=never), self.replace(last=~never)  # type: ignore[attr-defined]


@dataclasses.dataclass(frozen=True)
class WholeStates:
    """The observation of a scripted policy: the level's index in its pool, the level and the state."""

    def __call__(self, index: jax.Array, level: Any, state: Any) -> tuple[jax.Array, Any, Any]:
        """Makes the observation, as `gmbench.benchmarks.episode_steps.Observe` requires."""
        return index, level, state


@struct.dataclass
class ScriptedPolicy:
    """A policy that follows a script. Its observations must be `WholeStates`.

    Attributes:
        chosen: int32[levels], index of the script that the policy follows on each level.
        scripts: the scripts to choose from.
    """

    chosen: jax.Array
    scripts: tuple[Script, ...] = struct.field(pytree_node=False)

    def start(self) -> tuple[()]:
        """Returns the empty carry, because the policy has no memory."""
        return ()

    def act(self, carry: tuple[()], observation: Any, key: jax.Array) -> tuple[jax.Array, tuple[()]]:
        """Returns the action of the script."""
        index, level, state = observation
        return jax.lax.switch(self.chosen[index], self.scripts, level, state), carry

    def tie_breaks(self) -> tuple[ScriptedPolicy]:
        """Returns the policy itself, because a script has no ties."""
        return (self,)


@functools.partial(jax.jit, static_argnums=0)
def optimal_actions(planner: Planner, levels: Any) -> jax.Array:
    """Plans the levels of a pool and returns the optimal actions: uint8[goals, levels, states].

    Each number is the set of all actions that are optimal for a goal in a state: bit a stands for action a.
    """
    actions = jnp.arange(planner.env.num_actions, dtype=jnp.uint8)
    bits = (jnp.uint8(1) << actions)[:, None]

    def best(level: Any) -> jax.Array:
        sets = jnp.where(best_actions(make_plan(planner, level).action_values), bits, 0)
        return jnp.sum(sets, axis=1, dtype=jnp.uint8)

    return jnp.swapaxes(jax.lax.map(best, levels), 0, 1)
