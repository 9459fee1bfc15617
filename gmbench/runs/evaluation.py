"""Evaluation of trained policies on the packs of a task, and inference of the goals that they pursue."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import jax
import numpy as np

from gmbench.agents.algorithm import Algorithm, Policy
from gmbench.agents.planning import Planner
from gmbench.benchmarks.episode_steps import Observe, Rules
from gmbench.benchmarks.episodes import Rollouts
from gmbench.benchmarks.evaluation import Portion, all_levels, check_actions, play_episodes
from gmbench.benchmarks.goal_inference import (
    LEVELS_INFERRED,
    PACKS_INFERRED,
    GoalEvidence,
    compute_evidence_by_level,
)
from gmbench.benchmarks.playing import rules_of
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.environment import EnvParams
from gmbench.envs.core.levels import select
from gmbench.runs.blocks import EVALUATION, block_keys, seed_keys
from gmbench.runs.sharding import Placement, stacked_shapes

ResultT = TypeVar("ResultT")


def evaluation_keys(seeds: range) -> jax.Array:
    """The random keys with which the policies of seeds are evaluated, one per seed."""
    return seed_keys(seeds, EVALUATION)


def play_batch(
    task: Task,
    placement: Placement,
    policies: Any,
    levels: Any,
    keys: jax.Array,
    observe: Observe | None = None,
    portion: Portion | None = None,
) -> Rollouts:
    """Plays one episode of every policy on every level: NumPy arrays, [blocks, seeds, levels, ...].

    The actions are stored for the first `LEVELS_INFERRED` levels.

    Args:
        task: the task.
        placement: where the blocks of the batch are computed.
        policies: policies of a batch, [blocks, seeds, ...].
        levels: a pool of levels.
        keys: random keys of the policies, [blocks, seeds].
        observe: the observation of the policies; None for the view of the environment.
        portion: which levels are played, and when episodes end; None for all levels by the rules of the task.

    Raises:
        UsageError: a policy chose a number that is no action.
    """
    program = _playing_program(placement, rules_of(task, observe))
    portion = all_levels(levels, task.first_only) if portion is None else portion
    shared = placement.share((levels, portion))
    played: Rollouts = jax.tree.map(
        np.asarray, program(*shared, placement.put(policies), placement.put(keys))
    )
    check_actions(task.env, played)
    return played


def evaluate_batch(
    task: Task, placement: Placement, policies: Any, packs: Mapping[str, Any], keys: jax.Array
) -> dict[str, Rollouts]:
    """Plays the policies of a batch on every pack, see `play_batch`."""
    return {pack: play_batch(task, placement, policies, levels, keys) for pack, levels in packs.items()}


def infer_packs(
    task: Task, placement: Placement, packs: Mapping[str, Any], played: Mapping[str, Rollouts]
) -> dict[str, GoalEvidence]:
    """Infers goals from the behaviour on the first levels of each pack of `PACKS_INFERRED`.

    Args:
        task: the task.
        placement: where the blocks of the batch are computed.
        packs: the levels of each pack.
        played: the rollouts on each pack, from `evaluate_batch`.

    Returns:
        The evidence by pack, NumPy arrays [blocks, seeds, levels, ...]. It is empty where the task is not
        planned, because the cost of an action is unknown there.
    """
    if not task.planned:
        return {}
    evidence = {}
    for pack in PACKS_INFERRED:
        first = select(packs[pack], np.arange(LEVELS_INFERRED))
        program = _inference_program(placement, task.planner)
        by_level = program(placement.share(first), placement.put(played[pack]))
        evidence[pack] = jax.tree.map(lambda leaf: np.swapaxes(np.asarray(leaf), 1, 2), by_level)
    return evidence


def evaluate_in_blocks(
    evaluate: Callable[[Any, jax.Array], ResultT], policies: Any, seeds: Sequence[int], size: int
) -> ResultT:
    """Evaluates policies block by block, and concatenates the results on axis 0.

    Args:
        evaluate: evaluates a batch of one block: (policies, random keys) -> arrays [1, seeds, ...].
        policies: policies stacked on axis 0, one per seed.
        seeds: numbers of the seeds.
        size: number of seeds in a block.
    """
    parts = [evaluate(*one_block(policies, seeds, first, size)) for first in range(0, len(seeds), size)]
    joined: ResultT = jax.tree.map(
        lambda *leaves: np.concatenate([leaf[0] for leaf in leaves])[: len(seeds)], *parts
    )
    return joined


def one_block(policies: Any, seeds: Sequence[int], first: int, size: int) -> tuple[Any, jax.Array]:
    """Makes a batch of one block from the policies that begin at row ``first``: (policies, random keys).

    A block with too few seeds is padded with the last one, so that one program serves all blocks.
    """
    rows = np.minimum(np.arange(first, first + size), len(seeds) - 1)
    block = jax.tree.map(lambda leaf: leaf[rows][None], policies)
    return block, block_keys([[seeds[row] for row in rows]], EVALUATION)


def policy_shapes(learner: Algorithm[Any], params: EnvParams, shape: tuple[int, ...]) -> Policy:
    """The shapes of an array of policies.

    Args:
        learner: the algorithm, for one seed.
        params: training levels, or their shapes.
        shape: shape of the array of policies.
    """

    def policy(params: EnvParams) -> Policy:
        return learner.policy(learner.init(jax.random.key(0), params))

    shapes: Policy = stacked_shapes(jax.eval_shape(policy, params), shape)
    return shapes


def lower_programs(
    task: Task, learner: Algorithm[Any], packs: Mapping[str, Any], placement: Placement, seeds: int
) -> Iterator[Any]:
    """Lowers the programs of `evaluate_batch` and `infer_packs`, so that they can be compiled in advance.

    No trained learner is needed. A later call finds the compiled programs in the cache of jax.

    Args:
        task: the task.
        learner: the algorithm, for one seed.
        packs: the levels of each pack.
        placement: where blocks are computed.
        seeds: number of seeds in a block.
    """
    levels = packs[PACKS_INFERRED[0]]
    keys = placement.put(block_keys([range(seeds)] * placement.blocks_per_batch, EVALUATION))
    # The number of training levels makes no difference to a policy.
    policies = placement.put(policy_shapes(learner, task.env.params(levels), keys.shape))
    playing = _playing_program(placement, rules_of(task))
    arguments = (*placement.share((levels, all_levels(levels, task.first_only))), policies, keys)
    yield playing.lower(*arguments)
    if task.planned:
        first = placement.share(select(levels, np.arange(LEVELS_INFERRED)))
        rollouts = placement.put(jax.eval_shape(playing, *arguments))
        yield _inference_program(placement, task.planner).lower(first, rollouts)


@functools.lru_cache(maxsize=32)
def _playing_program(placement: Placement, rules: Rules) -> Any:
    """The program (levels, portion, policies, keys) -> rollouts."""
    return placement.map(functools.partial(play_episodes, rules, LEVELS_INFERRED), shared=2)


@functools.lru_cache(maxsize=32)
def _inference_program(placement: Placement, planner: Planner) -> Any:
    """The program (levels, rollouts on these levels and possibly on more) -> evidence by level."""

    def infer(levels: Any, played: Rollouts) -> GoalEvidence:
        return compute_evidence_by_level(planner, levels, played.actions, played.episodes.length)

    return placement.map(infer, shared=1)
