"""What an author writes to make an environment: functions of one level and one state.

All of them are pure and unbatched. `gmbench.envs.core.environment` turns them into a gymnax environment.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import jax
import jax.numpy as jnp

from gmbench.envs.core import grid
from gmbench.envs.core.annotations import Annotation
from gmbench.envs.core.levels import LevelGenerator
from gmbench.envs.core.rendering import Sprites
from gmbench.envs.core.text import Legend

LevelT = TypeVar("LevelT")
StateT = TypeVar("StateT")


@dataclasses.dataclass(frozen=True)
class Goal:
    """A candidate goal: a name and a reward function.

    Attributes:
        name: a word, unique within the environment.
        reward: (level, state, action, next state) -> float32 scalar. It is a pure function, written for one
            environment.
    """

    name: str
    reward: Callable[[Any, Any, jax.Array, Any], jax.Array]


@dataclasses.dataclass(frozen=True)
class EnvironmentDefinition(abc.ABC, Generic[LevelT, StateT]):
    """The dynamics, observations, candidate goals, pictures and text of an environment.

    An episode is a function of (level, actions): the level fixes everything that looks random in an episode.

    Attributes:
        goals: the candidate goals. ``goals[0]`` is the intended goal; its reward trains the agent. The
            others are proxies; their rewards are only recorded.
        time_limit: the largest number of steps in an episode on any level; see `horizon`.
    """

    goals: tuple[Goal, ...]
    time_limit: int

    channels: ClassVar[tuple[str, ...]]
    """Names of the channels of an observation."""
    actions: ClassVar[tuple[str, ...]]
    """Names of the actions; an action is an index of this tuple."""
    meanings: ClassVar[Mapping[str, str]] = {}
    """What a picture shows, in a few words for its legend: by the name of a channel, and ``agent``. Without
    an entry, the legend has the name of the channel."""

    # Dynamics.

    @abc.abstractmethod
    def start(self, level: LevelT) -> StateT:
        """Returns the first state of an episode."""

    @abc.abstractmethod
    def advance(self, level: LevelT, state: StateT, action: jax.Array) -> StateT:
        """Returns the state one step later."""

    @abc.abstractmethod
    def ended(self, level: LevelT, state: StateT) -> jax.Array:
        """Returns whether the state terminates the episode: bool scalar. The time limit plays no part."""

    def horizon(self, level: LevelT) -> jax.Array:
        """Returns the steps after which an episode on this level is truncated: int32, at most the time limit.

        An author overrides it, and `shortest_horizon`, where the horizon differs between levels.
        """
        del level
        return jnp.int32(self.time_limit)

    @property
    def shortest_horizon(self) -> int:
        """The smallest value that `horizon` returns on any level, in steps."""
        return self.time_limit

    def rewards(self, level: LevelT, state: StateT, action: jax.Array, following: StateT) -> jax.Array:
        """Returns the reward of every candidate goal for one transition: float32[goals]."""
        return jnp.stack(
            [jnp.asarray(goal.reward(level, state, action, following), jnp.float32) for goal in self.goals]
        )

    # Observation.

    @abc.abstractmethod
    def packed_view(self, level: LevelT, state: StateT) -> jax.Array:
        """Returns the packed observation: uint16[VIEW, channels], see `gmbench.envs.core.grid.window`."""

    def view(self, level: LevelT, state: StateT) -> jax.Array:
        """Returns the observation: bool[VIEW, VIEW, channels]."""
        return grid.image(self.packed_view(level, state))

    # Pictures and text.

    @abc.abstractmethod
    def scene(self, level: LevelT, state: StateT) -> jax.Array:
        """Returns the channels of the observation for the whole level: bool[height, width, channels]."""

    @abc.abstractmethod
    def position(self, state: StateT) -> tuple[jax.Array, jax.Array]:
        """Returns the column and row of the agent in `scene`: int32 scalars."""

    @property
    @abc.abstractmethod
    def sprites(self) -> Sprites:
        """The tiles for pictures of this environment."""

    def caption(self, level: LevelT) -> str:
        """Returns what sets a level apart from its paired level, in a few words to write under its picture.

        An author overrides it. It must say what the picture cannot show, such as the length of an episode.
        """
        del level
        return ""

    def annotations(self, level: LevelT, state: StateT) -> Sequence[Annotation]:
        """Returns what a picture for people shows beyond `scene`. No observation has it."""
        del level, state
        return ()

    @property
    @abc.abstractmethod
    def legend(self) -> Legend:
        """The meaning of every symbol and line that `draw` writes and `parse` reads."""

    @abc.abstractmethod
    def parse(self, text: str) -> LevelT:
        """Reads a level from text.

        Raises:
            LevelError: the text is not a level of this environment.
        """

    @abc.abstractmethod
    def draw(self, level: LevelT, state: StateT | None = None) -> str:
        """Writes a level as text. The agent is drawn where ``state`` has it, or at its start."""

    # Levels.

    @property
    @abc.abstractmethod
    def default_levels(self) -> LevelGenerator[LevelT]:
        """The level generator that is used when no levels are given: that of the training levels."""
