"""Blocks of seeds on devices: several side by side in one program, shared out among all of them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "devices"
BlockT = TypeVar("BlockT")


def stacked_shapes(tree: Any, axes: tuple[int, ...]) -> Any:
    """The shapes of many such pytrees, of arrays or shapes, stacked on new leading axes."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((*axes, *leaf.shape), leaf.dtype), tree)


@dataclasses.dataclass(frozen=True)
class Spread:
    """Where blocks are computed. Those that one call of a program takes are a batch, stacked on axis 0.

    Every block is computed by itself, on one device, so that its numbers are the same whatever lies beside
    it: to the bit as long as each device has one.

    Attributes:
        devices: of this process, each with as many blocks of a batch.
        each: blocks that lie side by side on each of them.
    """

    devices: tuple[jax.Device, ...]
    each: int = 1

    @classmethod
    def alone(cls) -> Spread:
        """One block on one device."""
        return cls((jax.local_devices()[0],))

    @classmethod
    def local(cls) -> Spread:
        """Over all devices of this process, a block on each."""
        return cls(tuple(jax.local_devices()))

    @property
    def places(self) -> int:
        """Blocks of a batch."""
        return len(self.devices) * self.each

    def batches(self, blocks: Sequence[BlockT]) -> Iterator[list[BlockT]]:
        """Blocks, or what there is of each, in batches; the last one is filled up with the last block."""
        filled = [*blocks, *[blocks[-1]] * (-len(blocks) % self.places)]
        for first in range(0, len(filled), self.places):
            yield filled[first : first + self.places]

    def map(self, function: Callable[..., Any], shared: int = 0, donate: tuple[int, ...] = ()) -> Any:
        """A function of one block as a jitted function of a batch.

        Args:
            function: of pytrees of arrays, without a batch's axis.
            shared: the first so many arguments are the same for all blocks, and are not stacked.
            donate: arguments whose memory may be used for the results.
        """

        def here(*arguments: Any) -> Any:
            """What one device does."""
            whole, stacked = arguments[:shared], arguments[shared:]
            of_block = functools.partial(function, *whole)
            if self.each > 1:
                return jax.vmap(of_block)(*stacked)
            # Without the axis, a loop goes on for as long as this block needs it, and copies nothing.
            result = of_block(*jax.tree.map(lambda leaf: leaf[0], stacked))
            return jax.tree.map(lambda leaf: leaf[None], result)

        if len(self.devices) == 1:
            return jax.jit(here, donate_argnums=donate)

        # With Shardy, the compiler of jax 0.11.2 crashes over the loops of an evaluation within shard_map.
        jax.config.update("jax_use_shardy_partitioner", False)

        def everywhere(*arguments: Any) -> Any:
            whole, stacked = PartitionSpec(), PartitionSpec(AXIS)
            specs = tuple(whole if place < shared else stacked for place in range(len(arguments)))
            return jax.shard_map(here, mesh=self._mesh, in_specs=specs, out_specs=stacked, check_vma=False)(
                *arguments
            )

        return jax.jit(everywhere, donate_argnums=donate)

    def put(self, batch: Any) -> Any:
        """A batch, or the shapes of one, laid out over the devices."""
        return self._laid(batch, PartitionSpec(AXIS))

    def share(self, tree: Any) -> Any:
        """Arrays, or the shapes of some, that are the same for all blocks, on every device."""
        return self._laid(tree, PartitionSpec())

    def stack(self, blocks: Sequence[Any]) -> Any:
        """A batch of blocks, laid out over the devices."""
        return self.put(jax.tree.map(lambda *leaves: jnp.stack(leaves), *blocks))

    @property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(self.devices), (AXIS,))

    def _laid(self, tree: Any, spec: PartitionSpec) -> Any:
        if len(self.devices) == 1:
            return tree
        layout = NamedSharding(self._mesh, spec)

        def lay(leaf: Any) -> Any:
            if isinstance(leaf, jax.ShapeDtypeStruct):
                return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=layout)
            return jax.device_put(leaf, layout)

        return jax.tree.map(lay, tree)
