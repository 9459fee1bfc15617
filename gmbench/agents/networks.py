"""Actor-critic networks for PPO: a multilayer perceptron, and the same with a recurrent cell.

A network is a pure function of its weights, its carry and observations. The carry is what it remembers from
step to step: the state of the recurrent cell, or nothing. Learners and policies treat both kinds alike.
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
    """The interface of networks, which compute policy logits and values from observations.

    Observations are [..., rows, columns, channels], or packed views, uint16[..., VIEW, channels]. Logits are
    float32[..., actions] and values float32[...], with the leading axes of the observations.
    """

    def init(self, key: jax.Array, observation: jax.Array, /) -> Any:
        """Draws new weights."""
        ...

    def start(self) -> Any:
        """Returns the carry at the start of an episode."""
        ...

    def step(self, weights: Any, carry: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array, Any]:
        """Computes the logits, the value and the next carry of one step."""
        ...

    def replay(
        self, weights: Any, carry: Any, observation: jax.Array, ends: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Computes the logits and values of past steps again, for learning.

        Args:
            weights: weights of the network.
            carry: the carry before the first of the steps, [rows, ...].
            observation: observations of the steps, [rows, time, ...] if the network is recurrent.
            ends: bool[rows, time], whether the step ended an episode.
        """
        ...


class ActorCritic(nn.Module):
    """A multilayer perceptron with one head for the policy and one for the value.

    Attributes:
        actions: number of actions.
        hidden: units of each shared hidden layer.
    """

    actions: int
    hidden: Sequence[int] = (48, 64)

    @nn.compact
    def __call__(self, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Computes the logits and the value of observations, see `Network`."""
        return _heads(self.actions, _layers(self.hidden, observation))

    def outputs(self, weights: Any, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Computes the logits and the value with these weights: flax's ``apply`` with types."""
        outputs: Any = self.apply(weights, observation)
        return outputs  # type: ignore[no-any-return]

    def start(self) -> tuple[()]:
        """Returns the empty carry, because the network has no memory."""
        return ()

    def step(
        self, weights: Any, carry: tuple[()], observation: jax.Array
    ) -> tuple[jax.Array, jax.Array, tuple[()]]:
        """See `Network`."""
        return (*self.outputs(weights, observation), carry)

    def replay(
        self, weights: Any, carry: tuple[()], observation: jax.Array, ends: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """See `Network`. The steps can be in any order."""
        return self.outputs(weights, observation)


class RecurrentActorCritic(nn.Module):
    """A multilayer perceptron with a GRU cell (gated recurrent units) between hidden layers and heads.

    Attributes:
        actions: number of actions.
        hidden: units of each shared hidden layer.
        memory: units of the recurrent cell.
    """

    actions: int
    hidden: Sequence[int] = (48, 64)
    memory: int = 64

    @nn.compact
    def __call__(
        self, observation: jax.Array, carry: jax.Array | None = None, starts: jax.Array | None = None
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Computes the logits, the value and the next carry.

        Args:
            observation: observations of one step, or of several steps if ``starts`` is given, see `Network`.
            carry: float32[..., memory], carry before the first step; None at the start of an episode.
            starts: bool[rows, time], whether an episode starts with the step.
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
        """Returns zeros: float32[memory]."""
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
        # The given carry goes into the first step, whether an episode starts with this step or not.
        starts = jnp.pad(ends[:, :-1], ((0, 0), (1, 0)))
        outputs: Any = self.apply(weights, observation, carry, starts)
        return outputs[:2]  # type: ignore[no-any-return]


def _step_or_start(
    cell: nn.GRUCell, carry: jax.Array, inputs: tuple[jax.Array, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    """One step of a recurrent cell. Its state is reset where an episode starts."""
    units, starts = inputs
    carry, units = cell(jnp.where(starts[:, None], 0.0, carry), units)
    return carry, units


def _layers(hidden: Sequence[int], observation: jax.Array) -> jax.Array:
    """Adds the hidden layers to the module that calls this: float32[..., units]."""
    first, *rest = hidden
    units = nn.relu(ViewDense(first)(observation))
    for width in rest:
        units = nn.relu(nn.Dense(width, kernel_init=nn.initializers.orthogonal(2**0.5))(units))
    return units


def _heads(actions: int, units: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Adds the heads to the module that calls this: logits and value."""
    # Small policy weights make the logits nearly equal at the start (Andrychowicz et al. 2021, section 3.2).
    logits = nn.Dense(actions, kernel_init=nn.initializers.orthogonal(0.01))(units)
    value = nn.Dense(1, kernel_init=nn.initializers.orthogonal(1.0))(units)
    return logits, value[..., 0]


class ViewDense(nn.Module):
    """A dense layer over all cells of a view. Packed views stay packed until the product needs numbers.

    Attributes:
        units: number of outputs.
    """

    units: int

    @nn.compact
    def __call__(self, observation: jax.Array) -> jax.Array:
        """Computes the outputs, float32[..., units], from observations, see `Network`."""
        if observation.dtype == jnp.uint16:
            views = observation.reshape(-1, *observation.shape[-2:])
            kernel = self._kernel(grid.VIEW * views[0].size)
            products = packed_product(views, kernel).reshape(*observation.shape[:-2], self.units)
        else:
            cells = observation.astype(jnp.float32).reshape(*observation.shape[:-3], -1)
            products = cells @ self._kernel(cells.shape[-1])
        return products + self.param("bias", nn.initializers.zeros, (self.units,))

    def _kernel(self, cells: int) -> jax.Array:
        """The weights of the layer: float32[cells, units]."""
        kernel: jax.Array = self.param("kernel", nn.initializers.orthogonal(2**0.5), (cells, self.units))
        return kernel
