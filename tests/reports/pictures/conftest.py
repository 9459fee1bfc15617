"""A training level and its paired level of CoinRun, and states of an agent that plays them."""

import jax
import jax.numpy as jnp
import pytest

SKY = "#.........#\n"
TRAIN = 16 * SKY + "#@.......O#\n###########"
SHIFT = 15 * SKY + "#...o.....#\n#@.......G#\n###########"
"""Both levels have the full height of a scene; the agent stands in row 16."""


@pytest.fixture(scope="module")
def levels(env):
    return env.parse(TRAIN), env.parse(SHIFT)


@pytest.fixture(scope="module")
def play(env):
    """A function of a level and the indices of actions; it returns the states, the first one included."""
    advance = jax.jit(env.advance)

    def states(level, actions):
        result = [env.start(level)]
        for action in actions:
            result.append(advance(level, result[-1], jnp.int32(action)))
        return result

    return states
