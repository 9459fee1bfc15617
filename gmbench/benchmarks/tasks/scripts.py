"""Building blocks of scripted reference policies: distances and directions to things in an open field."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.mazes import ACTIONS

ABSENT = 1 << 20
"""Distance of things that are not there. It is larger than any other distance."""


def distances(state: Any, places: jax.Array) -> jax.Array:
    """Computes the steps from the agent to each of some places, int32[things, 2]: int32[things]."""
    steps = jnp.sum(jnp.abs(places - jnp.stack((state.x, state.y))), axis=-1)
    return jnp.where(places[:, 0] == NOWHERE, ABSENT, steps)


def nearest(state: Any, places: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Finds the nearest of some places, int32[things, 2]. Returns it, int32[2], and the steps to it."""
    steps = distances(state, places)
    index = jnp.argmin(steps)
    return places[index], steps[index]


def towards(state: Any, place: jax.Array) -> jax.Array:
    """Chooses the action, int32, that leads to a place along the axis with more steps left."""
    right, down = place[0] - state.x, place[1] - state.y
    across = jnp.where(right < 0, ACTIONS.index("left"), ACTIONS.index("right"))
    along = jnp.where(down < 0, ACTIONS.index("up"), ACTIONS.index("down"))
    return jnp.where(jnp.abs(right) >= jnp.abs(down), across, along).astype(jnp.int32)
