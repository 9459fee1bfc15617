"""The environment class: an environment definition, run on a pool of levels through the gymnax interface."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, Generic

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments import environment as gymnax_environment
from gymnax.environments import spaces

from gmbench.checks import check_whole
from gmbench.envs.core import grid
from gmbench.envs.core.definition import Goal, LevelT, StateT
from gmbench.envs.core.levels import pool_size, take, training_pool
from gmbench.envs.core.materialized import materialized
from gmbench.envs.core.numbering import StateNumbering
from gmbench.errors import UsageError

__all__ = ["DEFAULT_POOL_SIZE", "EnvParams", "EnvState", "Environment", "Goal", "LevelT", "StateT"]

LONGEST_EPISODE = 2**31 - 1
"""The largest time limit. Steps are counted in an int32."""
DEFAULT_POOL_SIZE = 256
"""Levels in the pool of `Environment.default_params`."""
DEFAULT_POOL_SEED = 407
"""The seed of that pool, which nothing else is drawn with."""


@struct.dataclass
class EnvParams:
    """The levels and the time limit that an environment is run with.

    Attributes:
        levels: a pool of levels, stacked on axis 0; ``reset`` draws one uniformly.
        max_steps_in_episode: an upper bound of the horizon of every level, in steps. It is no array but a
            part of the structure, so that an algorithm can check it when it is traced.

    Raises:
        UsageError: the time limit is no whole number of at least 1.
    """

    levels: Any
    max_steps_in_episode: int = struct.field(pytree_node=False)

    def __post_init__(self) -> None:
        if type(self.max_steps_in_episode) is not int or self.max_steps_in_episode < 1:
            if isinstance(self.max_steps_in_episode, jax.core.Tracer):
                raise UsageError("max_steps_in_episode must be known when a program is compiled; give an int")
            limit = check_whole("max_steps_in_episode", self.max_steps_in_episode, 1, LONGEST_EPISODE)
            object.__setattr__(self, "max_steps_in_episode", limit)


@struct.dataclass
class EnvState(Generic[StateT]):
    """The state of a running episode.

    Attributes:
        time: int32, steps since the start of the episode.
        level: int32, index of the level in the pool.
        state: the state that the environment's own functions work on.
    """

    time: jax.Array
    level: jax.Array
    state: StateT


@dataclasses.dataclass(frozen=True)
class Environment(
    StateNumbering[LevelT, StateT],
    gymnax_environment.Environment,  # type: ignore[type-arg]
):
    """A gridworld with several candidate goals: a gymnax environment.

    An author derives from this class and writes the functions of
    `gmbench.envs.core.definition.EnvironmentDefinition`; this class adds pools of levels, the reset after the
    end of an episode, and the methods of gymnax.

    Environments are frozen dataclasses, equal and hashable by value, so two equal environments share their
    compiled programs.
    """

    def params(self, levels: LevelT) -> EnvParams:
        """Returns the parameters that run this environment on a pool of levels."""
        return EnvParams(levels=levels, max_steps_in_episode=self.time_limit)

    @property
    def default_params(self) -> EnvParams:
        """Parameters with a pool of `DEFAULT_POOL_SIZE` levels from `default_levels`, always the same.

        No level has a layout that is reserved for evaluation, so an agent may train on them.
        """
        # Callers may be traced; the pool must be made of concrete arrays even there.
        with jax.ensure_compile_time_eval():
            key = jax.random.key(DEFAULT_POOL_SEED)
            return self.params(training_pool(self.default_levels, key, DEFAULT_POOL_SIZE))

    @functools.partial(jax.jit, static_argnames=("self",))
    def step(
        self,
        key: jax.Array,
        state: EnvState[StateT],
        action: jax.Array,
        params: EnvParams | None = None,
    ) -> tuple[jax.Array, EnvState[StateT], jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """Takes one step and starts a new episode where the old one ends.

        It does what gymnax's own ``step`` does, but builds the returned observation once, after it is known
        whether the episode ended; gymnax builds one for either case.

        Returns:
            (observation, state, reward, terminated, truncated, info). ``info`` has the entries of `step_env`,
            gymnax's ``terminated``, ``truncated`` and ``final_observation`` (the observation before any
            reset), and ``final_state``, the state of that observation. A caller that reads only
            ``final_state`` does not pay for ``final_observation``.
        """
        params = self.default_params if params is None else params
        return self.step_or_start(self.draw_levels(key, (), params), state, action, params)

    def step_or_start(
        self, index: jax.Array, state: EnvState[StateT], action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState[StateT], jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """Takes one step as `step` does; if the episode ends, the next one starts on a given level.

        `draw_levels` can draw the levels of many steps at once, which saves most of the cost of a reset.

        Args:
            index: int32, index in the pool of the level of the next episode.
            state: the state of the current episode.
            action: int32, an index of `actions`.
            params: the pool of levels and the time limit.
        """
        after, reward, terminated, info = self._transition(state, action, params)
        terminated, truncated = materialized((terminated, self.is_truncated(after, params)))
        begun = self._start_episode(index, params)
        done = terminated | truncated
        current = jax.tree.map(lambda new, old: jnp.where(done, new, old), begun, after)
        info |= {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": self._observe(after, params),
            "final_state": after,
        }
        return self._observe(current, params), current, reward, terminated, truncated, info

    def draw_levels(self, key: jax.Array, shape: tuple[int, ...], params: EnvParams) -> jax.Array:
        """Draws levels of the pool uniformly and returns their indices: int32 in the given shape."""
        # `jax.random.randint` draws twice as many bits. The remainder favours a level by less than 1 in 10^4.
        bits = jax.random.bits(key, shape, dtype=jnp.uint32)
        return (bits % pool_size(params.levels)).astype(jnp.int32)

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState[StateT]]:
        """Draws a level and starts an episode on it: (observation, state)."""
        return self.reset_to(self.draw_levels(key, (), params), params)

    def reset_to(self, index: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState[StateT]]:
        """Starts an episode on a given level of the pool: (observation, state)."""
        state = self._start_episode(index, params)
        return self._observe(state, params), state

    def step_env(
        self, key: jax.Array, state: EnvState[StateT], action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState[StateT], jax.Array, jax.Array, dict[str, jax.Array]]:
        """Takes one step without a reset: (observation, state, reward, terminated, info).

        ``info["level"]`` is the index of the level (int32). ``info["goals"]`` is the reward of every
        candidate goal (float32[goals]); ``reward`` is its first entry.
        """
        del key  # An episode is a function of (level, actions).
        after, reward, terminated, info = self._transition(state, action, params)
        return self._observe(after, params), after, reward, terminated, info

    def observe(
        self, key: jax.Array, state: EnvState[StateT], action: jax.Array | None, params: EnvParams
    ) -> jax.Array:
        """Returns the observation of a state: bool[VIEW, VIEW, channels]."""
        del key, action
        return self._observe(state, params)

    def observe_packed(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        """Returns the packed observation of a state: uint16[VIEW, channels]; `grid.image` unpacks it."""
        return self.packed_view(take(params.levels, state.level), state.state)

    def is_terminated(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        """Returns whether the state terminates the episode: bool scalar."""
        return self.ended(take(params.levels, state.level), state.state)

    def is_truncated(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        """Returns whether the episode has reached the horizon of its level: bool scalar."""
        horizon = self.horizon(take(params.levels, state.level))
        return state.time >= jnp.minimum(horizon, params.max_steps_in_episode)

    def _start_episode(self, index: jax.Array, params: EnvParams) -> EnvState[StateT]:
        state = self.start(take(params.levels, index))
        return EnvState(time=jnp.int32(0), level=index, state=state)

    def _observe(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        return self.view(take(params.levels, state.level), state.state)

    def _transition(
        self, state: EnvState[StateT], action: jax.Array, params: EnvParams
    ) -> tuple[EnvState[StateT], jax.Array, jax.Array, dict[str, Any]]:
        """Takes one step without a reset: (state, reward, terminated, info)."""
        level = take(params.levels, state.level)
        following = materialized(self.advance(level, state.state, action))
        rewards = self.rewards(level, state.state, action, following)
        after = EnvState(time=state.time + 1, level=state.level, state=following)
        info = {"level": state.level, "goals": rewards}
        return after, rewards[0], self.ended(level, following), info

    @property
    def num_actions(self) -> int:
        """The number of actions."""
        return len(self.actions)

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """The action space: an index of `actions`."""
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Box:
        """The observation space: bool[VIEW, VIEW, channels]."""
        return spaces.Box(0, 1, (grid.VIEW, grid.VIEW, len(self.channels)), jnp.bool_)
