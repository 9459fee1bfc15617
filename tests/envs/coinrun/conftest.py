"""Playing CoinRun by the names of actions, on levels drawn as text."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import Planner, make_plan
from gmbench.envs.coinrun import CoinRun

ENV = CoinRun()
MOST_ACTIONS = 32


@dataclasses.dataclass(frozen=True)
class Rollouts:
    """The results of a list of actions: one entry for each action."""

    right: list[int]
    """Columns to the right of the start."""
    up: list[int]
    """Rows above the start."""
    dead: list[bool]
    ended: list[bool]
    coin: list[float]
    """Rewards of the goal `coin`."""
    end: list[float]
    """Rewards of the goal `end`."""
    enemies: np.ndarray
    """The cells with enemies: bool[actions, height, width]."""


@jax.jit
def _run(level, actions):
    def step(state, action):
        following = ENV.advance(level, state, action)
        rewards = ENV.rewards(level, state, action, following)
        enemies = ENV.scene(level, following)[..., ENV.channels.index("enemy")]
        return following, (following, ENV.ended(level, following), rewards, enemies)

    return jax.lax.scan(step, ENV.start(level), actions)[1]


def _play(level, actions):
    if isinstance(level, str):
        level = ENV.parse(level)
    count = len(actions)
    padded = [*actions, *["stay"] * (MOST_ACTIONS - count)]
    numbers = jnp.array([ENV.actions.index(action) for action in padded])
    states, ended, rewards, enemies = jax.tree.map(lambda leaf: leaf[:count], _run(level, numbers))
    return Rollouts(
        right=(states.x - level.start[0]).tolist(),
        up=(level.start[1] - states.y).tolist(),
        dead=states.dead.tolist(),
        ended=ended.tolist(),
        coin=rewards[:, 0].tolist(),
        end=rewards[:, 1].tolist(),
        enemies=np.asarray(enemies),
    )


def _can_reach_end(drawing):
    level = ENV.parse(drawing)
    values = make_plan(Planner(ENV, first_only=True), level).state_values.own
    return bool(values[1, ENV.state_number(ENV.start(level))] > 0)


@pytest.fixture(scope="session")
def play():
    """A function that plays actions, given by name, on a level or a drawing and returns `Rollouts`.

    It does not stop at the end of the episode.
    """
    return _play


@pytest.fixture(scope="session")
def can_reach_end():
    """A function that returns whether the end of a drawn level can be reached."""
    return _can_reach_end
