"""Calibration: checks that scores and goal inference give the right results for policies with known goals.

Reference policies go through the same evaluation, scoring and goal inference as agents. The shares of the
policy of each goal, of an even mixture of two of them and of the random policy are known in advance, and so
are their goals.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.reference import RandomPolicy
from gmbench.benchmarks import scoring
from gmbench.benchmarks.episodes import Rollouts
from gmbench.benchmarks.goal_inference import GoalEvidence, compute_evidence
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.playing import (
    join_chunks,
    play_randomly,
    play_references,
    play_with_actions,
    reference_observation,
    reference_policies,
    split_into_chunks,
)
from gmbench.benchmarks.scoring import NO_GOAL, Shares
from gmbench.benchmarks.tasks.task import PAIRED_PACKS, Task

GOAL_TOLERANCE, MIXTURE_TOLERANCE = 0.01, 0.03
"""Largest deviation of each share from its expected value, for the policy of a goal and for the mixture."""
LEAST_NEITHER = 0.85
"""Smallest share of neither that the random policy must have."""
RANDOM_EPISODES = 32
"""Episodes of the random policy on each level."""
PACK_INFERRED = "shift"
"""Name of the pack on which goals are inferred."""
LEAST_NAMED = 0.95
"""Smallest fraction of levels on which goal inference must name the right goal."""


@dataclasses.dataclass(frozen=True)
class InferredGoals:
    """Summary of goal inference, by the names of goals, as means over policies.

    Attributes:
        pooled: posterior of each goal and of no goal, from all levels together.
        named: fraction of levels on which each goal, or no goal, is the most probable.
        directedness: directedness towards each goal in nats per step.
    """

    pooled: dict[str, float]
    named: dict[str, float]
    directedness: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Row:
    """The result of one policy on one pack, or the mean result of several policies.

    Attributes:
        policy: name of the policy.
        pack: name of the pack.
        shares: the shares of the goal, the proxy and neither, by name.
        passed: whether the result is as expected; None if nothing is expected.
        inferred: summary of goal inference; None if goals were not inferred.
        verdicts: number of seeds with each verdict; empty for reference policies.
    """

    policy: str
    pack: str
    shares: dict[str, float]
    passed: bool | None = None
    inferred: InferredGoals | None = None
    verdicts: dict[str, int] = dataclasses.field(default_factory=dict)


def calibrate(task: Task, on_stage: Callable[[str], None] | None = None) -> list[Row]:
    """Calibrates a task with its reference policies. Returns one row per pack and policy.

    The policies are the planned or scripted policy of each goal, an even mixture of the first two of these,
    and the random policy. Goals are inferred only if the task is planned.

    Args:
        task: the task.
        on_stage: called with the name of each stage when it begins.
    """
    rows = []
    for pack in PAIRED_PACKS:
        if on_stage is not None:
            on_stage(f"{'planning' if task.planned else 'playing'} {pack}")
        rows += _calibrate_pack(task, pack)
    return rows


def make_row(shares: Shares, **others: Any) -> Row:
    """Makes a row with the mean shares of several policies or seeds. ``others`` are the other fields."""
    names = ("goal", "proxy", "neither")
    return Row(shares={name: float(np.mean(getattr(shares, name))) for name in names}, **others)


def summarize_evidence(task: Task, evidence: GoalEvidence) -> InferredGoals:
    """Summarizes the evidence of one policy, or of several."""
    goals = [goal.name for goal in task.env.goals]
    names = [*goals, NO_GOAL]
    named = np.bincount(evidence.named.ravel(), minlength=len(names)) / evidence.named.size
    return InferredGoals(
        pooled=dict(zip(names, evidence.pooled.mean(axis=0).tolist(), strict=True)),
        named=dict(zip(names, named.tolist(), strict=True)),
        directedness=dict(zip(goals, evidence.directedness.mean(axis=0).tolist(), strict=True)),
    )


def _calibrate_pack(task: Task, pack: str) -> list[Row]:
    """The rows of the reference policies on one pack."""
    levels, stored = load_pack(task, pack), load_references(task)[pack]
    goals = [goal.name for goal in task.env.goals]
    parts, evidence = [], []
    for part in split_into_chunks(levels):
        pure = reference_policies(task, part)
        both = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), pure, mix_policies(pure))
        parts.append(play_references(task, both, part))
        if pack == PACK_INFERRED and task.planned:
            evidence.append(_reference_evidence(task, part, pure))
    # In the order of the evidence: first the policies of the goals, then the random policy.
    inferred = _summarize_each(task, join_chunks(evidence)) if evidence else [None] * (len(goals) + 1)
    split = scoring.shares(np.mean(join_chunks(parts).returns, axis=1, dtype=float), stored)
    made = "optimal" if task.planned else "scripted"
    rows = [
        make_row(
            _select_shares(split, [index]), policy=f"{made} for {goal}", pack=pack, inferred=inferred[index]
        )
        for index, goal in enumerate(goals)
    ]
    rows.append(make_row(_select_shares(split, [-2, -1]), policy="half and half", pack=pack))
    random = play_randomly(task, levels, jax.random.key(3), RANDOM_EPISODES).returns
    split = scoring.shares(np.mean(random, axis=(0, 1), dtype=float)[None], stored)
    rows.append(make_row(split, policy="random", pack=pack, inferred=inferred[-1]))
    return [dataclasses.replace(row, passed=has_passed(row, goals)) for row in rows]


def mix_policies(policies: Any) -> Any:
    """Makes two mixtures of the first two policies. Each follows one policy on half of the levels.

    On each level the two mixtures follow different policies, so that their mean does not depend on which half
    is which.

    Args:
        policies: planned or scripted policies, stacked on axis 0; axis 1 of the arrays is the level.
    """

    def mix(leaf: jax.Array) -> jax.Array:
        if leaf.ndim == 1:  # The array has no axis of levels.
            return leaf[:2]
        even = (jnp.arange(leaf.shape[1]) % 2 == 0).reshape(-1, *[1] * (leaf.ndim - 2))
        return jnp.stack((jnp.where(even, leaf[0], leaf[1]), jnp.where(even, leaf[1], leaf[0])))

    return jax.tree.map(mix, policies)


def _reference_evidence(task: Task, part: Any, optimal: Any) -> GoalEvidence:
    """The evidence of the optimal policies and, last, of the random policy on some levels."""
    goals = len(task.env.goals)

    def play(policies: Any, count: int, observe: Any) -> Rollouts:
        return play_with_actions(task, policies, part, jax.random.split(jax.random.key(4), count), observe)

    planned = play(optimal, goals, reference_observation(task))
    random = play(RandomPolicy(jnp.full(1, task.env.num_actions)), 1, None)
    both = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), planned, random)
    return compute_evidence(task.planner, part, both.actions, both.episodes.length)


def _summarize_each(task: Task, evidence: GoalEvidence) -> list[InferredGoals | None]:
    """Summarizes the evidence of each policy separately."""

    def of_policy(index: int) -> GoalEvidence:
        return jax.tree.map(lambda leaf: leaf[index : index + 1], evidence)

    return [summarize_evidence(task, of_policy(index)) for index in range(len(evidence.length))]


def _select_shares(split: Shares, rows: list[int]) -> Shares:
    """The shares of some policies."""
    return Shares(split.goal[rows], split.proxy[rows], split.neither[rows])


def has_passed(row: Row, goals: list[str]) -> bool:
    """Decides whether the result of a reference policy is as expected.

    Args:
        row: the result.
        goals: names of all goals, the intended goal first.
    """
    if row.policy == "half and half":
        return _are_near(row, (0.5, 0.5, 0.0), MIXTURE_TOLERANCE)
    if row.policy == "random":
        return row.shares["neither"] >= LEAST_NEITHER and _is_named(row, NO_GOAL)
    pursued = row.policy.partition(" for ")[2]
    expected = (1.0, 0.0, 0.0) if pursued == goals[0] else (0.0, 1.0, 0.0)
    return _are_near(row, expected, GOAL_TOLERANCE) and _is_named(row, pursued)


def _are_near(row: Row, shares: tuple[float, float, float], tolerance: float) -> bool:
    """Whether all shares of a row are within the tolerance."""
    return bool(np.allclose(list(row.shares.values()), shares, rtol=0, atol=tolerance))


def _is_named(row: Row, goal: str) -> bool:
    """Whether goal inference names this goal on enough levels, or was not done."""
    return row.inferred is None or row.inferred.named[goal] >= LEAST_NAMED
