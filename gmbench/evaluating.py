"""What the seeds of a run do on the packs of its task, and what that tells about their goals."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import jax
import numpy as np

from gmbench.agents.algorithm import Algorithm, Policy
from gmbench.agents.planning import Planner
from gmbench.agents.spread import Spread, stacked_shapes
from gmbench.agents.training import block_keys, seed_keys
from gmbench.benchmarks.evaluation import Episodes, Observe, Rules, play_episodes
from gmbench.benchmarks.goal_inference import LEVELS_INFERRED, GoalEvidence, weigh_levels
from gmbench.benchmarks.playing import rules_of
from gmbench.benchmarks.recording import Trajectories, record_episodes
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.environment import Environment, EnvParams
from gmbench.envs.levels import select

PACKS_INFERRED = ("iid", "shift")
"""Packs on which goals are inferred from behaviour."""
EVALUATION = 1
"""Purpose number of the keys that evaluation draws from; training's is 0."""

FoundT = TypeVar("FoundT")


def evaluation_keys(seeds: range) -> jax.Array:
    """The keys that the seeds' policies are evaluated with."""
    return seed_keys(seeds, EVALUATION)


def play_batch(
    task: Task, spread: Spread, policies: Any, levels: Any, keys: jax.Array, observe: Observe | None = None
) -> Episodes:
    """One episode of every policy on every level: NumPy arrays, [places, seeds, levels, ...].

    Args:
        task: the task.
        spread: where the blocks of the batch are computed.
        policies: [places, seeds, ...].
        levels: a pool.
        keys: [places, seeds], for what the policies draw.
        observe: what they are shown, if not the environment's view.
    """
    program = _playing(spread, rules_of(task, observe))
    return jax.tree.map(np.asarray, program(spread.share(levels), spread.put(policies), spread.put(keys)))


def infer_batch(
    task: Task, spread: Spread, policies: Any, levels: Any, keys: jax.Array, observe: Observe | None = None
) -> GoalEvidence:
    """What the behaviour on the first levels of a pool tells about goals: NumPy arrays, as `play_batch`."""
    indices = np.arange(LEVELS_INFERRED)
    trajectories = record_batch(task, spread, policies, levels, indices, keys, observe)
    by_level = _weighing(spread, task.planner)(spread.share(select(levels, indices)), trajectories)
    return jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 1, 2), by_level)


def record_batch(
    task: Task,
    spread: Spread,
    policies: Any,
    levels: Any,
    indices: np.ndarray,
    keys: jax.Array,
    observe: Observe | None = None,
) -> Trajectories:
    """The episodes of `play_batch` on some of the levels step by step: [places, seeds, indices, ...]."""
    program = _recording(spread, task.env, task.first_only, observe)
    played: Trajectories = program(
        spread.share(levels), spread.share(indices), spread.put(policies), spread.put(keys)
    )
    return played


def evaluate_batch(
    task: Task, spread: Spread, policies: Any, packs: Mapping[str, Any], keys: jax.Array
) -> dict[str, Episodes]:
    """What the policies do on every pack, see `play_batch`."""
    return {pack: play_batch(task, spread, policies, levels, keys) for pack, levels in packs.items()}


def infer_packs(
    task: Task, spread: Spread, policies: Any, packs: Mapping[str, Any], keys: jax.Array
) -> dict[str, GoalEvidence]:
    """What the behaviour on some packs tells about goals, see `infer_batch`.

    Nothing where the task is not planned, since what an action costs is then not known.
    """
    if not task.planned:
        return {}
    return {pack: infer_batch(task, spread, policies, packs[pack], keys) for pack in PACKS_INFERRED}


def by_blocks(
    found: Callable[[Any, jax.Array], FoundT], policies: Any, seeds: Sequence[int], size: int
) -> FoundT:
    """What is found out about the policies of seeds, stacked on axis 0, in blocks of a size.

    Args:
        found: of the policies of a batch of one block and their keys.
        policies: one per seed.
        seeds: their numbers.
        size: of a block.
    """
    parts = [found(*one_block(policies, seeds, first, size)) for first in range(0, len(seeds), size)]
    whole: FoundT = jax.tree.map(
        lambda *leaves: np.concatenate([leaf[0] for leaf in leaves])[: len(seeds)], *parts
    )
    return whole


def one_block(policies: Any, seeds: Sequence[int], first: int, size: int) -> tuple[Any, jax.Array]:
    """A batch of one block, which begins with a row of the policies; and its keys.

    Where seeds are wanting the block is filled up, so that one program serves all.
    """
    rows = np.minimum(np.arange(first, first + size), len(seeds) - 1)
    block = jax.tree.map(lambda leaf: leaf[rows][None], policies)
    return block, block_keys([[seeds[row] for row in rows]], EVALUATION)


def policy_shapes(learner: Algorithm[Any], params: EnvParams, shape: tuple[int, ...]) -> Policy:
    """The shapes of policies in an array of a shape; of ``params``, too, shapes will do."""

    def policy(params: EnvParams) -> Policy:
        return learner.policy(learner.init(jax.random.key(0), params))

    shapes: Policy = stacked_shapes(jax.eval_shape(policy, params), shape)
    return shapes


def trace_ahead(
    task: Task, learner: Algorithm[Any], packs: Mapping[str, Any], spread: Spread, seeds: int
) -> Iterator[Any]:
    """The programs of `evaluate_batch` and `infer_packs`, for which no learner need be trained yet, traced.

    Once they are compiled, what calls them later finds them there.

    Args:
        task: the task.
        learner: for one seed.
        packs: levels.
        spread: where blocks are computed.
        seeds: of a block.
    """
    levels, indices = packs[PACKS_INFERRED[0]], np.arange(LEVELS_INFERRED)
    keys = spread.put(block_keys([range(seeds)] * spread.places, EVALUATION))
    # How many training levels there are makes no difference to a policy.
    policies = spread.put(policy_shapes(learner, task.env.params(levels), keys.shape))
    shared = spread.share(levels)
    yield _playing(spread, rules_of(task)).lower(shared, policies, keys)
    if task.planned:
        recording = _recording(spread, task.env, task.first_only, None)
        arguments = shared, spread.share(indices), policies, keys
        trajectories = spread.put(jax.eval_shape(recording, *arguments))
        few = spread.share(select(levels, indices))
        yield recording.lower(*arguments)
        yield _weighing(spread, task.planner).lower(few, trajectories)


@functools.lru_cache(maxsize=32)
def _playing(spread: Spread, rules: Rules) -> Any:
    """Of levels, policies and keys."""
    return spread.map(lambda levels, policies, keys: play_episodes(rules, policies, levels, keys), shared=1)


@functools.lru_cache(maxsize=32)
def _recording(spread: Spread, env: Environment[Any, Any], first_only: bool, observe: Observe | None) -> Any:
    """Of levels, those of them that are played, policies and keys."""

    def record(levels: Any, indices: jax.Array, policies: Any, keys: jax.Array) -> Any:
        return record_episodes(env, first_only, observe, policies, levels, indices, keys)

    return spread.map(record, shared=2)


@functools.lru_cache(maxsize=32)
def _weighing(spread: Spread, planner: Planner) -> Any:
    """Of levels and trajectories on them."""
    return spread.map(lambda levels, played: weigh_levels(planner, levels, played), shared=1)
