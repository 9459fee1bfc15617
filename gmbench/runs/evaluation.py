"""What the seeds of a run do on the packs of its task, and what that tells about their goals."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import jax
import numpy as np

from gmbench.agents.algorithm import Algorithm, Policy
from gmbench.agents.planning import Planner
from gmbench.runs.sharding import Spread, stacked_shapes
from gmbench.runs.training import block_keys, seed_keys
from gmbench.benchmarks.episodes import Rollouts
from gmbench.benchmarks.evaluation import Observe, Portion, Rules, play_episodes, whole
from gmbench.benchmarks.goal_inference import LEVELS_INFERRED, GoalEvidence, weigh_levels
from gmbench.benchmarks.playing import rules_of
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.environment import EnvParams
from gmbench.envs.core.levels import select

PACKS_INFERRED = ("iid", "shift")
"""Packs on which goals are inferred from behaviour."""
EVALUATION = 1
"""Purpose number of the keys that evaluation draws from; training's is 0."""

FoundT = TypeVar("FoundT")


def evaluation_keys(seeds: range) -> jax.Array:
    """The keys that the seeds' policies are evaluated with."""
    return seed_keys(seeds, EVALUATION)


def play_batch(
    task: Task,
    spread: Spread,
    policies: Any,
    levels: Any,
    keys: jax.Array,
    observe: Observe | None = None,
    portion: Portion | None = None,
) -> Rollouts:
    """One episode of every policy on every level: NumPy arrays, [places, seeds, levels, ...].

    The actions are kept of as many levels as goals are inferred on.

    Args:
        task: the task.
        spread: where the blocks of the batch are computed.
        policies: [places, seeds, ...].
        levels: a pool.
        keys: [places, seeds], for what the policies draw.
        observe: what they are shown, if not the environment's view.
        portion: what is played of the pool, if not all of it by the task's rules.
    """
    program = _playing(spread, rules_of(task, observe))
    portion = whole(levels, task.first_only) if portion is None else portion
    shared = spread.share((levels, portion))
    return jax.tree.map(np.asarray, program(*shared, spread.put(policies), spread.put(keys)))


def evaluate_batch(
    task: Task, spread: Spread, policies: Any, packs: Mapping[str, Any], keys: jax.Array
) -> dict[str, Rollouts]:
    """What the policies do on every pack, see `play_batch`."""
    return {pack: play_batch(task, spread, policies, levels, keys) for pack, levels in packs.items()}


def infer_packs(
    task: Task, spread: Spread, packs: Mapping[str, Any], played: Mapping[str, Rollouts]
) -> dict[str, GoalEvidence]:
    """What was done on the first levels of some packs tells about goals: NumPy arrays, as `play_batch`.

    Nothing where the task is not planned, since what an action costs is then not known.

    Args:
        task: the task.
        spread: where the blocks of the batch are computed.
        packs: levels.
        played: from `evaluate_batch`.
    """
    if not task.planned:
        return {}
    found = {}
    for pack in PACKS_INFERRED:
        few = select(packs[pack], np.arange(LEVELS_INFERRED))
        by_level = _weighing(spread, task.planner)(spread.share(few), spread.put(played[pack]))
        found[pack] = jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 1, 2), by_level)
    return found


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
    stacked: FoundT = jax.tree.map(
        lambda *leaves: np.concatenate([leaf[0] for leaf in leaves])[: len(seeds)], *parts
    )
    return stacked


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
    levels = packs[PACKS_INFERRED[0]]
    keys = spread.put(block_keys([range(seeds)] * spread.places, EVALUATION))
    # How many training levels there are makes no difference to a policy.
    policies = spread.put(policy_shapes(learner, task.env.params(levels), keys.shape))
    playing = _playing(spread, rules_of(task))
    arguments = (*spread.share((levels, whole(levels, task.first_only))), policies, keys)
    yield playing.lower(*arguments)
    if task.planned:
        few = spread.share(select(levels, np.arange(LEVELS_INFERRED)))
        yield _weighing(spread, task.planner).lower(few, spread.put(jax.eval_shape(playing, *arguments)))


@functools.lru_cache(maxsize=32)
def _playing(spread: Spread, rules: Rules) -> Any:
    """Of levels, the portion of them that is played, policies and keys."""
    return spread.map(functools.partial(play_episodes, rules, LEVELS_INFERRED), shared=2)


@functools.lru_cache(maxsize=32)
def _weighing(spread: Spread, planner: Planner) -> Any:
    """Of levels, and what was played on these and others after them."""

    def weigh(levels: Any, played: Rollouts) -> GoalEvidence:
        return weigh_levels(planner, levels, played.actions, played.episodes.length)

    return spread.map(weigh, shared=1)
