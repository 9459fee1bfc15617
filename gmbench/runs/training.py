"""Training: one algorithm, many seeds at once."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from gmbench.agents.algorithm import Algorithm
from gmbench.runs.sharding import Spread, stacked_shapes
from gmbench.runs.compilation import meanwhile
from gmbench.envs.core.environment import EnvParams

OnUpdate = Callable[[int, Mapping[str, np.ndarray]], None]
"""Called after every update with the number of updates done and the metrics, float32[blocks, seeds] each."""

STEPS_AT_ONCE = 1 << 14
"""On a CPU, the seeds of a block take about so many steps in an update: what a larger one works on no longer
fits in the caches, and takes twice the time for each step."""
LARGEST_BLOCK, LARGEST_BLOCK_ACCELERATOR = 8, 64
"""Seeds of a block, at most; unless it is told otherwise."""


@dataclasses.dataclass(frozen=True)
class Block:
    """Seeds that are always computed together, so that their numbers do not depend on what else there is.

    Attributes:
        seeds: numbers that fix everything random about a learner.
        params: the levels that all of them train on.
    """

    seeds: Sequence[int]
    params: EnvParams


@struct.dataclass
class _Metrics:
    """Metrics of one update in one array, so that they come from the device in one piece.

    Attributes:
        values: float32[..., metrics].
        names: of the metrics.
    """

    values: jax.Array
    names: tuple[str, ...] = struct.field(pytree_node=False)

    @classmethod
    def of(cls, metrics: Mapping[str, jax.Array]) -> _Metrics:
        """Those that an algorithm gives."""
        return cls(jnp.stack(list(metrics.values()), axis=-1), tuple(metrics))

    def by_name(self) -> dict[str, np.ndarray]:
        """Each by itself, on the host."""
        values = np.asarray(self.values)
        return {name: values[..., column] for column, name in enumerate(self.names)}


@dataclasses.dataclass(frozen=True)
class Programs:
    """What trains blocks of one size, compiled.

    Attributes:
        algorithm: the learner for one seed.
        spread: where blocks are computed.
        init: new learners of a batch, from its levels and keys.
        update: of a batch, from its levels and learners, which are used up: (learners, metrics).
        learners: the shapes of a batch's learners, [places, seeds, ...].
        seconds: spent on building both.
    """

    algorithm: Algorithm[Any]
    spread: Spread
    init: Any
    update: Any
    learners: Any
    seconds: float

    @classmethod
    def build(cls, algorithm: Algorithm[Any], params: EnvParams, seeds: int, spread: Spread) -> Programs:
        """Those for blocks of so many seeds, and for levels of these shapes."""

        def init_block(params: EnvParams, keys: jax.Array) -> Any:
            return jax.vmap(algorithm.init, (0, None))(keys, params)

        def update_block(params: EnvParams, learners: Any) -> Any:
            learners, metrics = jax.vmap(algorithm.update, (0, None))(learners, params)
            return learners, _Metrics.of(metrics)

        init, update = spread.map(init_block), spread.map(update_block, donate=(1,))
        levels = spread.put(stacked_shapes(params, (spread.places,)))
        keys = spread.put(jax.eval_shape(lambda: block_keys([range(seeds)] * spread.places, 0)))
        clock = time.perf_counter()
        with meanwhile([init.lower(levels, keys)]) as [beginning]:
            learners = spread.put(jax.eval_shape(init, levels, keys))
            program = update.lower(levels, learners).compile()
            begun = beginning.result()
        return cls(algorithm, spread, begun, program, learners, time.perf_counter() - clock)

    def begin(self, blocks: Sequence[Block]) -> Cohort:
        """New learners of blocks that all have as many seeds, and levels of the same shapes."""
        batches, params, stacked = [], [], {}
        for batch in self.spread.batches(blocks):
            # Most batches have the same levels, which are then stacked but once.
            which = tuple(id(block.params) for block in batch)
            if which not in stacked:
                stacked[which] = self.spread.stack([block.params for block in batch])
            keys = self.spread.put(block_keys([block.seeds for block in batch], purpose=0))
            batches.append(self.init(stacked[which], keys))
            params.append(stacked[which])
        return Cohort(jax.block_until_ready(batches), params, self.update, len(blocks), self.seconds)


@dataclasses.dataclass
class Cohort:
    """Blocks that train together.

    Attributes:
        batches: the learners of each batch, [places, seeds, ...]; the last one may be filled up.
        params: the levels of each batch, [places, ...].
        program: the compiled update of a batch.
        blocks: how many there are.
        compile_seconds: spent on building the program.
    """

    batches: list[Any]
    params: list[EnvParams]
    program: Any
    blocks: int
    compile_seconds: float

    @classmethod
    def begin(cls, algorithm: Algorithm[Any], params: EnvParams, seeds: Sequence[int]) -> Cohort:
        """New learners for seeds, on one device, all on the same levels, and their update compiled."""
        size = block_size(algorithm, len(seeds))
        filled = [*seeds, *[seeds[-1]] * (-len(seeds) % size)]
        blocks = [Block(filled[first : first + size], params) for first in range(0, len(filled), size)]
        # On a CPU blocks take turns, see `STEPS_AT_ONCE`; an accelerator wants to be filled.
        each = 1 if jax.default_backend() == "cpu" else len(blocks)
        spread = dataclasses.replace(Spread.alone(), each=each)
        return Programs.build(algorithm, params, size, spread).begin(blocks)

    def update(self) -> Mapping[str, np.ndarray]:
        """One update of every seed, waited for: its metrics, float32[blocks, seeds] each."""
        done = [self.program(params, batch) for params, batch in zip(self.params, self.batches, strict=True)]
        self.batches = [learners for learners, _ in done]
        metrics = [metrics.by_name() for _, metrics in done]
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[: self.blocks], *metrics)

    def pauses(self, updates: int, points: int) -> Iterator[tuple[int, float]]:
        """Updates every seed so often, and pauses so many times, at equal distances and at the end.

        At each pause: the updates done so far, and the seconds that they took, without the pauses.
        """
        done, seconds = 0, 0.0
        for stop in np.linspace(0, updates, points + 1).round().astype(int)[1:].tolist():
            begun = time.perf_counter()
            for _ in range(stop - done):
                self.update()
            jax.block_until_ready(self.batches)
            done, seconds = stop, seconds + time.perf_counter() - begun
            yield done, seconds

    def learners(self, seeds: int) -> Any:
        """The first so many learners as they are now, stacked on axis 0."""
        return jax.tree.map(lambda *leaves: _joined(leaves)[:seeds], *self.batches)


def _joined(leaves: Sequence[jax.Array]) -> jax.Array:
    """The seeds of all batches on one axis."""
    whole = leaves[0] if len(leaves) == 1 else jnp.concatenate(leaves)
    return whole.reshape(-1, *whole.shape[2:])


def updates_of(algorithm: Algorithm[Any], steps: int) -> int:
    """Whole updates that take at least so many environment steps."""
    return -(-steps // algorithm.steps_per_update)


def block_size(algorithm: Algorithm[Any], seeds: int) -> int:
    """How many seeds make a block where there are so many: all, up to what suits the device."""
    if jax.default_backend() != "cpu":
        return min(seeds, LARGEST_BLOCK_ACCELERATOR)
    return min(seeds, LARGEST_BLOCK, max(1, STEPS_AT_ONCE // algorithm.steps_per_update))


@dataclasses.dataclass(frozen=True)
class Halfway:
    """Where training is.

    Attributes:
        done: updates of every seed.
        batches: the learners, see `Cohort`.
        metrics: float32[blocks, seeds] for every metric of the algorithm, of each update.
        seconds: spent on the updates.
    """

    done: int
    batches: list[Any]
    metrics: Sequence[Mapping[str, np.ndarray]]
    seconds: float


class Keeper(Protocol):
    """Keeps where training is, so that it can go on from there."""

    def load(self, start: Halfway, /) -> Halfway:
        """Where training is to go on: what was kept, or ``start``, which has the same shapes."""
        ...

    def due(self) -> bool:
        """Whether it is time to keep what there is; asked after every update."""
        ...

    def save(self, state: Halfway, /) -> None:
        """Keeps where training is now. At the end, this is called in any case."""
        ...


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training leaves.

    Attributes:
        batches: the learners, see `Cohort`.
        metrics: float32[updates, blocks, seeds] for every metric of the algorithm.
        seconds: spent on the updates, until their results were there; building the programs comes before.
    """

    batches: list[Any]
    metrics: dict[str, np.ndarray]
    seconds: float


def seed_keys(seeds: Sequence[int], purpose: int) -> jax.Array:
    """One key per seed, the same whatever other seeds there are; different purposes share no numbers."""
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    return jax.vmap(jax.random.fold_in, (0, None))(keys, purpose)


def block_keys(blocks: Sequence[Sequence[int]], purpose: int) -> jax.Array:
    """The keys of blocks that all have as many seeds: [blocks, seeds]."""
    return seed_keys([seed for seeds in blocks for seed in seeds], purpose).reshape(len(blocks), -1)


def train(
    programs: Programs,
    blocks: Sequence[Block],
    updates: int,
    on_update: OnUpdate | None = None,
    keeper: Keeper | None = None,
) -> Trained:
    """Trains all seeds of some blocks for a number of updates, side by side.

    Args:
        programs: what trains blocks of this size.
        blocks: the seeds, and the levels that they train on.
        updates: of every seed.
        on_update: see `OnUpdate`.
        keeper: keeps what was trained, and goes on with what it has kept.
    """
    cohort = programs.begin(blocks)
    at = Halfway(0, cohort.batches, (), 0.0)
    if keeper is not None:
        at = keeper.load(at)
        cohort.batches = at.batches
    history, seconds = list(at.metrics), at.seconds
    for done in range(at.done + 1, updates + 1):
        begun = time.perf_counter()
        history.append(cohort.update())
        seconds += time.perf_counter() - begun
        if on_update is not None:
            on_update(done, history[-1])
        if keeper is not None and (done == updates or keeper.due()):
            keeper.save(Halfway(done, cohort.batches, history, seconds))
    return Trained(
        batches=jax.block_until_ready(cohort.batches),
        metrics={name: np.stack([metrics[name] for metrics in history]) for name in history[0]},
        seconds=seconds,
    )
