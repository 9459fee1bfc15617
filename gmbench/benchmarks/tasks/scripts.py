"""What scripted reference policies are made of: ways to things in an open field."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.mazes import ACTIONS

ABSENT = 1 << 20
"""How far things are off that are not there: farther than any other."""


def distances(state: Any, places: jax.Array) -> jax.Array:
    """Steps from the agent to each of the places, int32[things, 2]: int32[things]."""
    steps = jnp.sum(jnp.abs(places - jnp.stack((state.x, state.y))), axis=-1)
    return jnp.where(places[:, 0] == NOWHERE, ABSENT, steps)


def nearest(state: Any, places: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The nearest of the places, int32[2], and how many steps it is off."""
    steps = distances(state, places)
    index = jnp.argmin(steps)
    return places[index], steps[index]


def towards(state: Any, place: jax.Array) -> jax.Array:
    """The action that leads to a place, along the axis with more steps left: int32."""
    right, down = place[0] - state.x, place[1] - state.y
    across = jnp.where(right < 0, ACTIONS.index("left"), ACTIONS.index("right"))
    along = jnp.where(down < 0, ACTIONS.index("up"), ACTIONS.index("down"))
    return jnp.where(jnp.abs(right) >= jnp.abs(down), across, along).astype(jnp.int32)
