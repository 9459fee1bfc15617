"""Keys & Chests played by the first letters of actions, on levels drawn as text."""

import dataclasses

import jax
import jax.numpy as jnp

from gmbench.envs.core.levels import select
from gmbench.envs.keys import Keys
from gmbench.envs.keys.environment import count_held

ENV = Keys()
MOST_ACTIONS = 32
LETTERS = {name[0]: number for number, name in enumerate(ENV.actions)}
"""Actions by their first letters: l, u, r, d."""


@dataclasses.dataclass(frozen=True)
class Rollouts:
    """The results of a list of actions: one entry for each action."""

    drawings: list[str]
    """The level as text after the action."""
    chests: list[float]
    """Rewards of the goal `chests`."""
    keys: list[float]
    held: list[int]
    ended: list[bool]


@jax.jit
def run(level, actions):
    def step(state, action):
        following = ENV.advance(level, state, action)
        rewards = ENV.rewards(level, state, action, following)
        return following, (following, rewards, count_held(level, following), ENV.ended(level, following))

    return jax.lax.scan(step, ENV.start(level), actions)[1]


def play(drawing, actions):
    """Plays actions, given by their letters. It does not stop at the end of the episode."""
    level = ENV.parse(drawing)
    numbers = [LETTERS[letter] for letter in actions] + [0] * (MOST_ACTIONS - len(actions))
    results = jax.tree.map(lambda leaf: leaf[: len(actions)], run(level, jnp.array(numbers)))
    states, rewards, keys_held, ended = results
    return Rollouts(
        drawings=[ENV.draw(level, select(states, index)) for index in range(len(actions))],
        chests=rewards[:, 0].tolist(),
        keys=rewards[:, 1].tolist(),
        held=keys_held.tolist(),
        ended=ended.tolist(),
    )
