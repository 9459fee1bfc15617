"""Placement of blocks of seeds on devices: some side by side on each device, the same number on each."""

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
    """Adds leading axes to the shapes of a pytree of arrays or shapes."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((*axes, *leaf.shape), leaf.dtype), tree)


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where blocks are computed. One call of a program computes a batch of blocks, stacked on axis 0.

    Every block is computed separately, on one device, so that its numbers do not depend on the other blocks.
    They are equal to the last bit as long as each device computes one block per batch.

    Attributes:
        devices: devices of this process; all compute the same number of blocks.
        blocks_per_device: blocks of a batch on each device.
    """

    devices: tuple[jax.Device, ...]
    blocks_per_device: int = 1

    @classmethod
    def one_device(cls) -> Placement:
        """One block on one device."""
        return cls((jax.local_devices()[0],))

    @classmethod
    def all_devices(cls) -> Placement:
        """One block on each device of this process."""
        return cls(tuple(jax.local_devices()))

    @property
    def blocks_per_batch(self) -> int:
        """Blocks of a batch, over all devices."""
        return len(self.devices) * self.blocks_per_device

    def batches(self, blocks: Sequence[BlockT]) -> Iterator[list[BlockT]]:
        """Divides blocks into batches. The last batch is padded with copies of the last block."""
        padded = [*blocks, *[blocks[-1]] * (-len(blocks) % self.blocks_per_batch)]
        for first in range(0, len(padded), self.blocks_per_batch):
            yield padded[first : first + self.blocks_per_batch]

    def map(self, function: Callable[..., Any], shared: int = 0, donate: tuple[int, ...] = ()) -> Any:
        """Turns a function of one block into a jitted function of a batch.

        Args:
            function: a function of pytrees of arrays, without the axis of a batch.
            shared: number of leading arguments that are the same for all blocks, and are not stacked.
            donate: indices of arguments whose memory may be reused for the results.
        """

        def on_device(*arguments: Any) -> Any:
            """Computes the blocks of one device."""
            common, stacked = arguments[:shared], arguments[shared:]
            of_block = functools.partial(function, *common)
            if self.blocks_per_device > 1:
                return jax.vmap(of_block)(*stacked)
            # Without vmap, a loop runs only as long as this block needs it, and copies nothing.
            result = of_block(*jax.tree.map(lambda leaf: leaf[0], stacked))
            return jax.tree.map(lambda leaf: leaf[None], result)

        if len(self.devices) == 1:
            return jax.jit(on_device, donate_argnums=donate)

        # With Shardy, the compiler of jax 0.11.2 crashes on the loops of an evaluation within shard_map.
        jax.config.update("jax_use_shardy_partitioner", False)

        def on_all_devices(*arguments: Any) -> Any:
            common, stacked = PartitionSpec(), PartitionSpec(AXIS)
            specs = tuple(common if place < shared else stacked for place in range(len(arguments)))
            mapped = jax.shard_map(
                on_device, mesh=self._mesh, in_specs=specs, out_specs=stacked, check_vma=False
            )
            return mapped(*arguments)

        return jax.jit(on_all_devices, donate_argnums=donate)

    def put(self, batch: Any) -> Any:
        """Lays out a batch, or the shapes of one, over the devices."""
        return self._lay_out(batch, PartitionSpec(AXIS))

    def share(self, tree: Any) -> Any:
        """Copies arrays that are the same for all blocks, or the shapes of such arrays, to every device."""
        return self._lay_out(tree, PartitionSpec())

    def stack(self, blocks: Sequence[Any]) -> Any:
        """Stacks blocks to a batch, and lays it out over the devices."""
        return self.put(jax.tree.map(lambda *leaves: jnp.stack(leaves), *blocks))

    @property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(self.devices), (AXIS,))

    def _lay_out(self, tree: Any, spec: PartitionSpec) -> Any:
        if len(self.devices) == 1:
            return tree
        layout = NamedSharding(self._mesh, spec)

        def lay_out(leaf: Any) -> Any:
            if isinstance(leaf, jax.ShapeDtypeStruct):
                return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=layout)
            return jax.device_put(leaf, layout)

        return jax.tree.map(lay_out, tree)
