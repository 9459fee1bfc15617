"""State numbers: integers that stand for the states of an environment.

The exact planner indexes its tables by them, so only environments with few enough states have them.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from gmbench.envs.core.definition import EnvironmentDefinition, LevelT, StateT


class StateNumbering(EnvironmentDefinition[LevelT, StateT]):
    """An environment definition with a number for each state.

    An author sets `digits`, or overrides all three methods.
    """

    digits: ClassVar[Mapping[str, int]] = {}
    """How many values each field of the state can have; the values are the integers from 0.

    The fields are the digits of the state's number, the most significant first. State fields that are not
    named here do not enter the number and are zero in `numbered_state`. The mapping is empty where there are
    too many states to number."""

    def state_count(self, level: LevelT) -> int:
        """Returns how many state numbers a level has, unreachable states included.

        The count depends only on the shapes of the level's arrays.
        """
        del level
        return math.prod(self._checked_digits.values())

    def state_number(self, state: StateT) -> jax.Array:
        """Returns the number of a state: int32, at least 0 and less than `state_count`.

        The number of a terminal state has no meaning.
        """
        number = jnp.int32(0)
        for name, count in self._checked_digits.items():
            number = number * count + jnp.asarray(getattr(state, name), jnp.int32)
        return number

    def numbered_state(self, number: jax.Array) -> StateT:
        """Returns the state that has a number (int32 scalar)."""
        values = {}
        for name, count in reversed(list(self._checked_digits.items())):
            divisor = jnp.int32(count)
            number, values[name] = jax.lax.div(number, divisor), jax.lax.rem(number, divisor)
        form: Any = _state_shapes(self)
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), form)
        fields = {name: value.astype(getattr(form, name).dtype) for name, value in values.items()}
        numbered: StateT = dataclasses.replace(zeros, **fields)
        return numbered

    @property
    def _checked_digits(self) -> Mapping[str, int]:
        if not self.digits:
            raise NotImplementedError(f"{type(self).__name__} does not number its states")
        return self.digits


@functools.lru_cache(maxsize=64)
def _state_shapes(env: EnvironmentDefinition[Any, StateT]) -> StateT:
    """Returns a state of an environment that has shapes and dtypes in place of arrays."""
    form: StateT = jax.eval_shape(lambda key: env.start(env.default_levels(key)), jax.random.key(0))
    return form
