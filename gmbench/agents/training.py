"""Training: one algorithm, many seeds at once."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.algorithm import Algorithm
from gmbench.compilation import compile_timed
from gmbench.envs.environment import EnvParams

OnUpdate = Callable[[int, Mapping[str, np.ndarray]], None]
"""Called after every update with the number of updates done and the metrics, float32[seeds] each."""

STEPS_AT_ONCE = 1 << 14
"""On a CPU, seeds are updated in blocks that take about so many steps: what a larger block works on no longer
fits in the caches, and takes twice the time for each step."""


@dataclasses.dataclass
class Cohort:
    """Seeds that train together, in blocks of equal size.

    Attributes:
        blocks: the learners of each block, stacked on axis 0; the last one may be filled up.
        program: the compiled update of a block, which uses up the learners that it is given.
        size: learners of a block.
        seeds: how many there are.
        compile_seconds: spent on building the program.
    """

    blocks: list[Any]
    program: Any
    size: int
    seeds: int
    compile_seconds: float

    @classmethod
    def begin(cls, algorithm: Algorithm[Any], params: EnvParams, seeds: Sequence[int]) -> Cohort:
        """New learners, and their update compiled."""
        size = block_size(algorithm, len(seeds))
        filled = [*seeds, *[seeds[-1]] * (-len(seeds) % size)]
        keys = seed_keys(filled, purpose=0)
        init = jax.jit(jax.vmap(algorithm.init, (0, None)))
        update = jax.jit(jax.vmap(algorithm.update, (0, None)), donate_argnums=0)
        shapes = jax.eval_shape(init, keys[:size], params)
        # A compiler uses one core: the two programs are built side by side.
        with ThreadPoolExecutor(1) as worker:
            building = worker.submit(compile_timed, update, shapes, params)
            blocks = [init(keys[first : first + size], params) for first in range(0, len(filled), size)]
            program, seconds = building.result()
        return cls(jax.block_until_ready(blocks), program, size, len(seeds), seconds)

    def update(self, params: EnvParams) -> Mapping[str, np.ndarray]:
        """One update of every seed, waited for: its metrics, float32[seeds] each."""
        done = [self.program(block, params) for block in self.blocks]
        self.blocks = [learners for learners, _ in done]
        return self._joined([jax.device_get(metrics) for _, metrics in done], np.concatenate)

    def pauses(self, params: EnvParams, updates: int, points: int) -> Iterator[tuple[int, float]]:
        """Updates every seed so often, and pauses so many times, at equal distances and at the end.

        At each pause: the updates done so far, and the seconds that they took, without the pauses.
        """
        done, seconds = 0, 0.0
        for stop in np.linspace(0, updates, points + 1).round().astype(int)[1:].tolist():
            begun = time.perf_counter()
            for _ in range(stop - done):
                self.update(params)
            jax.block_until_ready(self.blocks)
            done, seconds = stop, seconds + time.perf_counter() - begun
            yield done, seconds

    @property
    def learners(self) -> Any:
        """The learners as they are now, stacked on axis 0."""
        return self._joined(self.blocks, jnp.concatenate)

    def _joined(self, blocks: list[Any], join: Callable[[Sequence[Any]], Any]) -> Any:
        if len(blocks) == 1 and self.size == self.seeds:
            return blocks[0]
        return jax.tree.map(lambda *leaves: join(leaves)[: self.seeds], *blocks)


def updates_of(algorithm: Algorithm[Any], steps: int) -> int:
    """Whole updates that take at least so many environment steps."""
    return -(-steps // algorithm.steps_per_update)


def block_size(algorithm: Algorithm[Any], seeds: int) -> int:
    """How many seeds are updated at once: on a CPU see `STEPS_AT_ONCE`, elsewhere all."""
    if jax.default_backend() != "cpu":
        return seeds
    return min(seeds, max(1, STEPS_AT_ONCE // algorithm.steps_per_update))


@dataclasses.dataclass(frozen=True)
class Halfway:
    """Where training is.

    Attributes:
        done: updates of every seed.
        blocks: the learners, see `Cohort`.
        metrics: float32[seeds] for every metric of the algorithm, of each update.
        seconds: spent on the updates.
    """

    done: int
    blocks: list[Any]
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
        learners: one per seed, stacked on axis 0.
        metrics: float32[updates, seeds] for every metric of the algorithm.
        seconds: spent on the updates, until their results were there; building the programs comes before.
    """

    learners: Any
    metrics: dict[str, np.ndarray]
    seconds: float


def seed_keys(seeds: Sequence[int], purpose: int) -> jax.Array:
    """One key per seed, the same whatever other seeds there are; different purposes share no numbers."""
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    return jax.vmap(jax.random.fold_in, (0, None))(keys, purpose)


def train(
    algorithm: Algorithm[Any],
    params: EnvParams,
    seeds: Sequence[int],
    updates: int,
    on_update: OnUpdate | None = None,
    keeper: Keeper | None = None,
) -> Trained:
    """Trains every seed for a number of updates, all on the same pool of levels.

    Args:
        algorithm: the learner for one seed.
        params: the training levels.
        seeds: numbers that fix everything random about a learner.
        updates: of every seed.
        on_update: see `OnUpdate`.
        keeper: keeps what was trained, and goes on with what it has kept.
    """
    cohort = Cohort.begin(algorithm, params, seeds)
    at = Halfway(0, cohort.blocks, (), 0.0)
    if keeper is not None:
        at = keeper.load(at)
        cohort.blocks = at.blocks
    history, seconds = list(at.metrics), at.seconds
    for done in range(at.done + 1, updates + 1):
        begun = time.perf_counter()
        history.append(cohort.update(params))
        seconds += time.perf_counter() - begun
        if on_update is not None:
            on_update(done, history[-1])
        if keeper is not None and (done == updates or keeper.due()):
            keeper.save(Halfway(done, cohort.blocks, history, seconds))
    return Trained(
        learners=jax.block_until_ready(cohort.learners),
        metrics={name: np.stack([metrics[name] for metrics in history]) for name in history[0]},
        seconds=seconds,
    )
