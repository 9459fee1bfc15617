"""The compiled programs that train blocks of seeds, and the learners that train together."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.agents.algorithm import Algorithm
from gmbench.envs.core.environment import EnvParams
from gmbench.runs.blocks import TRAINING, Block, block_keys, block_size
from gmbench.runs.compilation import compile_in_background
from gmbench.runs.sharding import Placement, stacked_shapes


@struct.dataclass
class _Metrics:
    """The metrics of one update in one array, so that one transfer brings them to the host.

    Attributes:
        values: float32[..., metrics].
        names: names of the metrics.
    """

    values: jax.Array
    names: tuple[str, ...] = struct.field(pytree_node=False)

    @classmethod
    def stack(cls, metrics: Mapping[str, jax.Array], seeds: int) -> _Metrics:
        """Stacks the metrics of an algorithm, [seeds] each; there may be none."""
        values = [jnp.asarray(metric, jnp.float32) for metric in metrics.values()]
        stacked = jnp.stack(values, axis=-1) if values else jnp.zeros((seeds, 0), jnp.float32)
        return cls(stacked, tuple(metrics))

    def shapes(self) -> dict[str, jax.ShapeDtypeStruct]:
        """The shape of each metric by its name, of metrics that are only described."""
        shape = jax.ShapeDtypeStruct(self.values.shape[:-1], self.values.dtype)
        return dict.fromkeys(self.names, shape)

    def by_name(self) -> dict[str, np.ndarray]:
        """Each metric by its name, on the host."""
        values = np.asarray(self.values)
        return {name: values[..., column] for column, name in enumerate(self.names)}


@dataclasses.dataclass(frozen=True)
class Programs:
    """Compiled programs that train blocks with a fixed number of seeds.

    Attributes:
        algorithm: the learner, for one seed.
        placement: where blocks are computed.
        init: makes the learners of a batch from its levels and random keys.
        update: makes one update of a batch: (levels, learners) -> (learners, metrics). It donates the memory
            of the learners.
        learners: shapes of the learners of a batch, [blocks, seeds, ...].
        metrics: shapes of the metrics of one update of a batch, [blocks, seeds], by their names.
        seconds: time spent on building both programs.
    """

    algorithm: Algorithm[Any]
    placement: Placement
    init: Any
    update: Any
    learners: Any
    metrics: Mapping[str, jax.ShapeDtypeStruct]
    seconds: float

    @classmethod
    def build(
        cls, algorithm: Algorithm[Any], params: EnvParams, seeds: int, placement: Placement
    ) -> Programs:
        """Compiles the programs.

        Args:
            algorithm: the learner, for one seed.
            params: training levels; only their shapes matter.
            seeds: number of seeds in a block.
            placement: where blocks are computed.
        """

        def init_block(params: EnvParams, keys: jax.Array) -> Any:
            return jax.vmap(algorithm.init, (0, None))(keys, params)

        def update_block(params: EnvParams, learners: Any) -> Any:
            learners, metrics = jax.vmap(algorithm.update, (0, None))(learners, params)
            return learners, _Metrics.stack(metrics, seeds)

        init, update = placement.map(init_block), placement.map(update_block, donate=(1,))
        levels = placement.put(stacked_shapes(params, (placement.blocks_per_batch,)))
        blocks = [range(seeds)] * placement.blocks_per_batch
        keys = placement.put(jax.eval_shape(lambda: block_keys(blocks, TRAINING)))
        clock = time.perf_counter()
        with compile_in_background([init.lower(levels, keys)]) as [compiling]:
            learners = placement.put(jax.eval_shape(init, levels, keys))
            lowered = update.lower(levels, learners)
            compiled_update = lowered.compile()
            compiled_init = compiling.result()
        seconds = time.perf_counter() - clock
        metrics = lowered.out_info[1].shapes()
        return cls(algorithm, placement, compiled_init, compiled_update, learners, metrics, seconds)

    def start(self, blocks: Sequence[Block]) -> Cohort:
        """Makes new learners for blocks that have equally many seeds, and levels of the same shapes."""
        batches, params, stacked = [], [], {}
        for batch in self.placement.batches(blocks):
            # Most batches have the same levels, which are then stacked only once.
            which = tuple(id(block.params) for block in batch)
            if which not in stacked:
                stacked[which] = self.placement.stack([block.params for block in batch])
            keys = self.placement.put(block_keys([block.seeds for block in batch], TRAINING))
            batches.append(self.init(stacked[which], keys))
            params.append(stacked[which])
        metrics = {
            name: jax.ShapeDtypeStruct((len(blocks), *shape.shape[1:]), shape.dtype)
            for name, shape in self.metrics.items()
        }
        return Cohort(jax.block_until_ready(batches), params, self.update, len(blocks), metrics, self.seconds)


@dataclasses.dataclass
class Cohort:
    """Blocks that train together.

    Attributes:
        batches: the learners of each batch, [blocks, seeds, ...]; the last batch may be padded.
        params: the training levels of each batch, [blocks, ...].
        program: the compiled update of a batch.
        blocks: number of blocks, without padding.
        metrics: shapes of the metrics of one update, [blocks, seeds], by their names.
        compile_seconds: time spent on compiling.
    """

    batches: list[Any]
    params: list[EnvParams]
    program: Any
    blocks: int
    metrics: Mapping[str, jax.ShapeDtypeStruct]
    compile_seconds: float

    @classmethod
    def start(cls, algorithm: Algorithm[Any], params: EnvParams, seeds: Sequence[int]) -> Cohort:
        """Compiles the programs and makes learners for seeds with equal training levels, on one device."""
        size = block_size(algorithm, len(seeds))
        padded = [*seeds, *[seeds[-1]] * (-len(seeds) % size)]
        blocks = [Block(padded[first : first + size], params) for first in range(0, len(padded), size)]
        # On a CPU, blocks run one after the other, see `STEPS_PER_BLOCK`. An accelerator runs them together.
        together = 1 if jax.default_backend() == "cpu" else len(blocks)
        placement = dataclasses.replace(Placement.one_device(), blocks_per_device=together)
        return Programs.build(algorithm, params, size, placement).start(blocks)

    def update(self) -> Mapping[str, np.ndarray]:
        """Makes one update of every seed and waits for it: its metrics, float32[blocks, seeds] each."""
        done = [self.program(params, batch) for params, batch in zip(self.params, self.batches, strict=True)]
        self.batches = [learners for learners, _ in done]
        metrics = [metrics.by_name() for _, metrics in done]
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[: self.blocks], *metrics)

    def train_with_pauses(self, updates: int, pauses: int) -> Iterator[tuple[int, float]]:
        """Makes ``updates`` updates of every seed, and pauses at equal distances and at the end.

        Yields:
            At each pause, the number of updates done, and the seconds spent on them without the pauses.
        """
        done, seconds = 0, 0.0
        for stop in np.linspace(0, updates, pauses + 1).round().astype(int)[1:].tolist():
            began = time.perf_counter()
            for _ in range(stop - done):
                self.update()
            jax.block_until_ready(self.batches)
            done, seconds = stop, seconds + time.perf_counter() - began
            yield done, seconds

    def learners(self, seeds: int) -> Any:
        """The learners of the first ``seeds`` seeds, stacked on axis 0."""
        return jax.tree.map(lambda *leaves: _join_batches(leaves)[:seeds], *self.batches)


def _join_batches(leaves: Sequence[jax.Array]) -> jax.Array:
    """Joins the seeds of all batches on one axis."""
    joined = leaves[0] if len(leaves) == 1 else jnp.concatenate(leaves)
    return joined.reshape(-1, *joined.shape[2:])
