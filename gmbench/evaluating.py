"""What all seeds of a run do on the packs of its task, and what that tells about their goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from gmbench.agents.algorithm import Algorithm, Policy
from gmbench.agents.training import seed_keys
from gmbench.benchmarks.evaluation import Episodes, Observe
from gmbench.benchmarks.goal_inference import (
    LEVELS_INFERRED,
    GoalEvidence,
    compile_inference,
    infer_goals,
)
from gmbench.benchmarks.playing import compile_play, play
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.environment import EnvParams

PACKS_INFERRED = ("iid", "shift")
"""Packs on which goals are inferred from behaviour."""
SEEDS_AT_ONCE = 64
"""Seeds that are evaluated side by side."""
EVALUATION = 1
"""Purpose number of the keys that evaluation draws from; training's is 0."""


def evaluation_keys(seeds: range) -> jax.Array:
    """The keys that the seeds' policies are evaluated with."""
    return seed_keys(seeds, EVALUATION)


def evaluate_seeds(
    task: Task, policies: Any, packs: Mapping[str, Any], seeds: range, observe: Observe | None = None
) -> dict[str, Episodes]:
    """Plays every seed's policy (stacked on axis 0) on every pack: per pack `Episodes` of [seeds, levels]."""
    keys = evaluation_keys(seeds)
    blocks = [slice(start, start + SEEDS_AT_ONCE) for start in range(0, len(seeds), SEEDS_AT_ONCE)]

    def play_block(block: slice, levels: Any) -> Episodes:
        return play(task, jax.tree.map(lambda leaf: leaf[block], policies), levels, keys[block], observe)

    parts = {pack: [play_block(block, levels) for block in blocks] for pack, levels in packs.items()}
    return {pack: jax.tree.map(lambda *leaves: np.concatenate(leaves), *part) for pack, part in parts.items()}


def infer_seeds(task: Task, policies: Any, packs: Mapping[str, Any], seeds: range) -> dict[str, GoalEvidence]:
    """What every seed's behaviour tells about its goals, on the first levels of some packs.

    Nothing where the task is not planned, since what an action costs is then not known.
    """
    if not task.planned:
        return {}
    keys = evaluation_keys(seeds)

    def infer(levels: Any) -> GoalEvidence:
        return infer_goals(task, policies, levels, keys, indices=np.arange(LEVELS_INFERRED))

    return {pack: infer(packs[pack]) for pack in PACKS_INFERRED}


def policy_shapes(learner: Algorithm[Any], params: EnvParams, seeds: int) -> Policy:
    """The shapes of so many policies, stacked on axis 0; of ``params``, too, shapes will do."""

    def policies(keys: jax.Array, params: EnvParams) -> Policy:
        return jax.vmap(lambda key: learner.policy(learner.init(key, params)))(keys)

    shapes: Policy = jax.eval_shape(policies, seed_keys(range(seeds), 0), params)
    return shapes


def compile_ahead(task: Task, learner: Algorithm[Any], packs: Mapping[str, Any], seeds: range) -> None:
    """Builds the programs of `evaluate_seeds` and `infer_seeds`, for which no learner need be trained yet."""
    levels = packs[PACKS_INFERRED[0]]
    keys = evaluation_keys(seeds)
    # How many training levels there are makes no difference to a policy.
    policies = policy_shapes(learner, task.env.params(levels), len(seeds))
    block = min(SEEDS_AT_ONCE, len(seeds))
    first = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((block, *leaf.shape[1:]), leaf.dtype), policies)
    compile_play(task, first, levels, keys[:block])
    if task.planned:
        compile_inference(task, policies, levels, keys, np.arange(LEVELS_INFERRED))
