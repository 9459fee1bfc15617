"""The environment base: what an author writes, made into a full gymnax environment over a pool of levels."""

from __future__ import annotations

import abc
import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import jax
import jax.numpy as jnp
from flax import struct
from gymnax.environments import environment as gymnax_environment
from gymnax.environments import spaces

from gmbench.envs.core import grid
from gmbench.envs.core.levels import LevelGenerator, generate, pool_size, take
from gmbench.envs.core.materialized import materialized
from gmbench.envs.core.rendering import Sprites

LevelT = TypeVar("LevelT")
StateT = TypeVar("StateT")

DEFAULT_POOL_SIZE = 256


@dataclasses.dataclass(frozen=True)
class Goal:
    """A candidate goal: a name, and the reward it gives for a transition.

    Attributes:
        name: a word, unique within the environment.
        reward: (level, state, action, next state) -> float32 scalar; pure, and written for one environment.
    """

    name: str
    reward: Callable[[Any, Any, jax.Array, Any], jax.Array]


@struct.dataclass
class EnvParams:
    """What an environment is run on.

    Attributes:
        levels: a pool of levels, stacked on axis 0; ``reset`` draws one uniformly.
        max_steps_in_episode: int32, the time limit in steps, after which an episode is truncated.
    """

    levels: Any
    max_steps_in_episode: int | jax.Array


@struct.dataclass
class EnvState(Generic[StateT]):
    """An episode under way.

    Attributes:
        time: int32, steps since the start.
        level: int32, the index in the pool.
        state: the environment's own state.
    """

    time: jax.Array
    level: jax.Array
    state: StateT


@dataclasses.dataclass(frozen=True)
class Environment(
    gymnax_environment.Environment,  # type: ignore[type-arg]
    abc.ABC,
    Generic[LevelT, StateT],
):
    """A gridworld with several candidate goals.

    An author writes `start`, `advance`, `ended` and `view`, all pure functions for one level and one
    state, and names `channels`, `actions` and the two level generators. An episode is a function of
    (level, actions): nothing inside an episode draws random numbers that the level does not fix.

    Environments are frozen dataclasses, equal and hashable by value, so that two of the same make share
    their compiled programs.

    Attributes:
        goals: the candidate goals. ``goals[0]`` is the intended one, whose reward trains the agent; the
            others are proxies, which are only measured.
        time_limit: steps after which an episode is truncated, on any level; see `horizon`.
    """

    goals: tuple[Goal, ...]
    time_limit: int

    channels: ClassVar[tuple[str, ...]]
    """Names of the channels of an observation."""
    actions: ClassVar[tuple[str, ...]]
    """Names of the actions."""

    # What an author writes.

    @abc.abstractmethod
    def start(self, level: LevelT) -> StateT:
        """The first state of an episode."""

    @abc.abstractmethod
    def advance(self, level: LevelT, state: StateT, action: jax.Array) -> StateT:
        """The state one step later."""

    @abc.abstractmethod
    def ended(self, level: LevelT, state: StateT) -> jax.Array:
        """Whether the episode is over by itself (bool scalar); the time limit is not looked at."""

    @abc.abstractmethod
    def packed_view(self, level: LevelT, state: StateT) -> jax.Array:
        """The observation, its cells packed: uint16[VIEW, channels], see `gmbench.envs.core.grid.window`."""

    @abc.abstractmethod
    def scene(self, level: LevelT, state: StateT) -> jax.Array:
        """The channels of the observation for the whole level: bool[height, width, channels]."""

    @abc.abstractmethod
    def position(self, state: StateT) -> tuple[jax.Array, jax.Array]:
        """Column and row of the agent in a scene."""

    @abc.abstractmethod
    def parse(self, text: str) -> LevelT:
        """Reads a level from text; raises `gmbench.envs.core.text.LevelError` if it is none."""

    @abc.abstractmethod
    def draw(self, level: LevelT, state: StateT | None = None) -> str:
        """Writes a level as text, the agent where ``state`` has it, or at the start."""

    @property
    @abc.abstractmethod
    def sprites(self) -> Sprites:
        """The tiles that its pictures are made of."""

    @property
    @abc.abstractmethod
    def default_levels(self) -> LevelGenerator[LevelT]:
        """The level distribution that the environment uses where none is given."""

    # What an author adds where levels differ in length.

    def horizon(self, level: LevelT) -> jax.Array:
        """Steps after which an episode on this level is truncated, at most the time limit: int32."""
        del level
        return jnp.int32(self.time_limit)

    @property
    def shortest_horizon(self) -> int:
        """The least that `horizon` gives on any level."""
        return self.time_limit

    # What an author adds where the state space is finite and small: the exact planner works on numbers.

    digits: ClassVar[Mapping[str, int]] = {}
    """How many values each field of the state has, all of them from 0 up. A state's number has these as
    digits, the first the most significant; fields without a digit are zero. Empty where there are too many
    states to be numbered."""

    def state_count(self, level: LevelT) -> int:
        """How many states have a number on a level, the unreachable included; its shape decides it."""
        del level
        return math.prod(self._digits.values())

    def state_number(self, state: StateT) -> jax.Array:
        """The number of a state, int32 below ``state_count``; of no meaning for the last of an episode."""
        number = jnp.int32(0)
        for name, count in self._digits.items():
            number = number * count + jnp.asarray(getattr(state, name), jnp.int32)
        return number

    def numbered_state(self, number: jax.Array) -> StateT:
        """The state with a number."""
        values = {}
        for name, count in reversed(list(self._digits.items())):
            number, values[name] = jax.lax.div(number, count), jax.lax.rem(number, count)
        form: Any = _form_of_states(self)
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), form)
        fields = {name: value.astype(getattr(form, name).dtype) for name, value in values.items()}
        numbered: StateT = dataclasses.replace(zeros, **fields)
        return numbered

    @property
    def _digits(self) -> Mapping[str, int]:
        if not self.digits:
            raise NotImplementedError(f"{self.name} does not number its states")
        return self.digits

    # What follows from it.

    def view(self, level: LevelT, state: StateT) -> jax.Array:
        """The observation: bool[VIEW, VIEW, channels]."""
        return grid.image(self.packed_view(level, state))

    def rewards(self, level: LevelT, state: StateT, action: jax.Array, following: StateT) -> jax.Array:
        """The reward of every candidate goal for one transition: float32[goals]."""
        return jnp.stack(
            [jnp.asarray(goal.reward(level, state, action, following), jnp.float32) for goal in self.goals]
        )

    def params(self, levels: LevelT) -> EnvParams:
        """Parameters that run this environment on a pool of levels."""
        return EnvParams(levels=levels, max_steps_in_episode=jnp.int32(self.time_limit))

    @property
    def default_params(self) -> EnvParams:
        """Parameters with a small pool from `default_levels`, always the same one."""
        # Asked for inside a traced function too, where the pool must still come out as plain arrays.
        with jax.ensure_compile_time_eval():
            return self.params(generate(self.default_levels, jax.random.key(0), DEFAULT_POOL_SIZE))

    @functools.partial(jax.jit, static_argnames=("self",))
    def step(
        self,
        key: jax.Array,
        state: EnvState[StateT],
        action: jax.Array,
        params: EnvParams | None = None,
    ) -> tuple[jax.Array, EnvState[StateT], jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """One transition with auto-reset, as in gymnax: six values.

        What gymnax's own method does, but the observation is built once, after the reset is settled, and
        not for both cases. ``info`` has, beside the entries of `step_env`, gymnax's ``terminated``,
        ``truncated`` and ``final_observation`` (before any reset), and ``final_state``, what that
        observation is of; where only the state is used, the observation costs nothing.
        """
        params = self.default_params if params is None else params
        return self.step_or_start(self.draw_levels(key, (), params), state, action, params)

    def step_or_start(
        self, index: jax.Array, state: EnvState[StateT], action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState[StateT], jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """`step`, where the level that follows upon the end of an episode is given and not drawn.

        Who draws the levels of many steps at once, with `draw_levels`, saves most of what a reset costs.
        """
        after, reward, terminated, info = self._transition(state, action, params)
        terminated, truncated = materialized((terminated, self.is_truncated(after, params)))
        begun = self._begin(index, params)
        done = terminated | truncated
        going_on = jax.tree.map(lambda new, old: jnp.where(done, new, old), begun, after)
        info |= {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": self._see(after, params),
            "final_state": after,
        }
        return self._see(going_on, params), going_on, reward, terminated, truncated, info

    def draw_levels(self, key: jax.Array, shape: tuple[int, ...], params: EnvParams) -> jax.Array:
        """Levels of the pool, drawn uniformly: their indices, int32 in the given shape."""
        # One draw where `jax.random.randint` makes two; the remainder favours a level by less than 1 in 10^4.
        bits = jax.random.bits(key, shape, dtype=jnp.uint32)
        return (bits % pool_size(params.levels)).astype(jnp.int32)

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState[StateT]]:
        """Draws a level and starts an episode on it: (observation, state)."""
        return self.reset_to(self.draw_levels(key, (), params), params)

    def reset_to(self, index: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState[StateT]]:
        """Starts an episode on a given level of the pool: (observation, state)."""
        state = self._begin(index, params)
        return self._see(state, params), state

    def step_env(
        self, key: jax.Array, state: EnvState[StateT], action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState[StateT], jax.Array, jax.Array, dict[str, jax.Array]]:
        """One transition without auto-reset: (observation, state, reward, terminated, info).

        ``info["level"]`` is the index of the level (int32) and ``info["goals"]`` the reward of every
        candidate goal (float32[goals]); ``reward`` is its first entry.
        """
        del key  # An episode is a function of level and actions.
        after, reward, terminated, info = self._transition(state, action, params)
        return self._see(after, params), after, reward, terminated, info

    def observe(
        self, key: jax.Array, state: EnvState[StateT], action: jax.Array | None, params: EnvParams
    ) -> jax.Array:
        """The observation of a state."""
        del key, action
        return self._see(state, params)

    def observe_packed(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        """The observation of a state, its cells packed: uint16[VIEW, channels]; `grid.image` unpacks it."""
        return self.packed_view(take(params.levels, state.level), state.state)

    def is_terminated(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        """Whether the episode is over by itself."""
        return self.ended(take(params.levels, state.level), state.state)

    def is_truncated(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        """Whether the time is up."""
        horizon = self.horizon(take(params.levels, state.level))
        return state.time >= jnp.minimum(horizon, params.max_steps_in_episode)

    def _begin(self, index: jax.Array, params: EnvParams) -> EnvState[StateT]:
        state = self.start(take(params.levels, index))
        return EnvState(time=jnp.int32(0), level=index, state=state)

    def _see(self, state: EnvState[StateT], params: EnvParams) -> jax.Array:
        return self.view(take(params.levels, state.level), state.state)

    def _transition(
        self, state: EnvState[StateT], action: jax.Array, params: EnvParams
    ) -> tuple[EnvState[StateT], jax.Array, jax.Array, dict[str, Any]]:
        """State, reward, end and info after one step without auto-reset."""
        level = take(params.levels, state.level)
        following = materialized(self.advance(level, state.state, action))
        rewards = self.rewards(level, state.state, action, following)
        after = EnvState(time=state.time + 1, level=state.level, state=following)
        info = {"level": state.level, "goals": rewards}
        return after, rewards[0], self.ended(level, following), info

    @property
    def num_actions(self) -> int:
        """How many actions there are."""
        return len(self.actions)

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """One of the named actions."""
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Box:
        """Channels of cells around the agent."""
        return spaces.Box(0, 1, (grid.VIEW, grid.VIEW, len(self.channels)), jnp.bool_)


@functools.lru_cache(maxsize=64)
def _form_of_states(env: Environment[Any, StateT]) -> StateT:
    """A state of an environment with shapes and dtypes instead of arrays."""
    form: StateT = jax.eval_shape(lambda key: env.start(env.default_levels(key)), jax.random.key(0))
    return form
