"""Networks for the reference learners.

Each is a pure function of its weights and of what it carries from step to step: nothing, or the state of a
recurrent cell. What learns and what acts need not know which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from flax import linen as nn

from gmbench.agents.packed_product import packed_product
from gmbench.envs.core import grid


class Network(Protocol):
    """A policy and a value, with the same leading axes as the observations that they are of.

    Observations are [..., rows, columns, channels], or packed views, uint16[..., VIEW, channels]. Logits are
    float32[..., actions], values float32[...].
    """

    def init(self, key: jax.Array, observation: jax.Array, /) -> Any:
        """New weights."""
        ...

    def start(self) -> Any:
        """What is carried at the start of an episode."""
        ...

    def step(self, weights: Any, carry: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array, Any]:
        """Logits, value, and what is carried on."""
        ...

    def replay(
        self, weights: Any, carry: Any, observation: jax.Array, ends: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Logits and values of steps that were taken before.

        Args:
            weights: the network's.
            carry: what was carried when the first of the steps was taken.
            observation: if the network is recurrent, axis 1 is time: [rows, time, ...].
            ends: bool[rows, time], the steps that ended an episode.
        """
        ...


class ActorCritic(nn.Module):
    """A multilayer perceptron with one head for the policy and one for the value.

    Attributes:
        actions: number of actions.
        hidden: units of the shared hidden layers.
    """

    actions: int
    hidden: Sequence[int] = (48, 64)

    @nn.compact
    def __call__(self, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logits and value of observations, see `Network`."""
        return _heads(self.actions, _layers(self.hidden, observation))

    def outputs(self, weights: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Logits and value under some weights: ``apply`` with its types."""
        outputs: Any = self.apply(weights, observation)
        return outputs  # type: ignore[no-any-return]

    def start(self) -> tuple[()]:
        """Nothing is carried."""
        return ()

    def step(
        self, weights: Any, carry: tuple[()], observation: jax.Array
    ) -> tuple[jax.Array, jax.Array, tuple[()]]:
        """See `Network`."""
        return (*self.outputs(weights, observation), carry)

    def replay(
        self, weights: Any, carry: tuple[()], observation: jax.Array, ends: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """See `Network`; steps need not be in their order."""
        return self.outputs(weights, observation)


class RecurrentActorCritic(nn.Module):
    """The same with a recurrent cell, gated recurrent units, between the hidden layers and the heads.

    Attributes:
        actions: number of actions.
        hidden: units of the shared hidden layers.
        memory: units of the cell.
    """

    actions: int
    hidden: Sequence[int] = (48, 64)
    memory: int = 64

    @nn.compact
    def __call__(
        self, observation: jax.Array, carry: jax.Array | None = None, starts: jax.Array | None = None
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Logits, value, and what is carried on.

        Args:
            observation: of one step, or of several if ``starts`` is given, see `Network`.
            carry: float32[..., memory], before the first step; without it, an episode starts.
            starts: bool[rows, time], the steps before which an episode starts.
        """
        units = _layers(self.hidden, observation)
        cell = nn.GRUCell(self.memory)
        if carry is None:
            carry = jnp.zeros((*units.shape[:-1], self.memory), units.dtype)
        if starts is None:
            carry, units = cell(carry, units)
        else:
            over_time = nn.scan(
                _step_or_start,
                variable_broadcast="params",
                split_rngs={"params": False},
                in_axes=1,
                out_axes=1,
            )
            carry, units = over_time(cell, carry, (units, starts))
        return (*_heads(self.actions, units), carry)

    def start(self) -> jax.Array:
        """Zeros: float32[memory]."""
        return jnp.zeros(self.memory)

    def step(
        self, weights: Any, carry: jax.Array, observation: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """See `Network`."""
        outputs: Any = self.apply(weights, observation, carry)
        return outputs  # type: ignore[no-any-return]

    def replay(
        self, weights: Any, carry: jax.Array, observation: jax.Array, ends: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """See `Network`."""
        # What is carried into the first step is what was carried then, whether an episode started or not.
        starts = jnp.pad(ends[:, :-1], ((0, 0), (1, 0)))
        outputs: Any = self.apply(weights, observation, carry, starts)
        return outputs[:2]  # type: ignore[no-any-return]


def _step_or_start(
    cell: nn.GRUCell, carry: jax.Array, inputs: tuple[jax.Array, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    """One step of a recurrent cell, which starts afresh where it is told to."""
    units, starts = inputs
    carry, units = cell(jnp.where(starts[:, None], 0.0, carry), units)
    return carry, units


def _layers(hidden: Sequence[int], observation: jax.Array) -> jax.Array:
    """The hidden layers of the module that calls this: float32[..., units]."""
    first, *rest = hidden
    units = nn.relu(ViewDense(first)(observation))
    for width in rest:
        units = nn.relu(nn.Dense(width, kernel_init=nn.initializers.orthogonal(2**0.5))(units))
    return units


def _heads(actions: int, units: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The heads of the module that calls this: logits and value."""
    # Small policy weights: nearly equal logits at the start (Andrychowicz et al. 2021, section 3.2).
    logits = nn.Dense(actions, kernel_init=nn.initializers.orthogonal(0.01))(units)
    value = nn.Dense(1, kernel_init=nn.initializers.orthogonal(1.0))(units)
    return logits, value[..., 0]


class ViewDense(nn.Module):
    """A dense layer over all cells of a view. Packed views stay packed until the product needs numbers.

    Attributes:
        units: outputs.
    """

    units: int

    @nn.compact
    def __call__(self, observation: jax.Array) -> jax.Array:
        """float32[..., units] of observations, see `ActorCritic`."""
        if observation.dtype == jnp.uint16:
            views = observation.reshape(-1, *observation.shape[-2:])
            kernel = self._kernel(grid.VIEW * views[0].size)
            products = packed_product(views, kernel).reshape(*observation.shape[:-2], self.units)
        else:
            cells = observation.astype(jnp.float32).reshape(*observation.shape[:-3], -1)
            products = cells @ self._kernel(cells.shape[-1])
        return products + self.param("bias", nn.initializers.zeros, (self.units,))

    def _kernel(self, cells: int) -> jax.Array:
        kernel: jax.Array = self.param("kernel", nn.initializers.orthogonal(2**0.5), (cells, self.units))
        return kernel
