"""Calibration: reference policies go through the evaluation, the scoring and the goal inference of agents."""

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
from gmbench.benchmarks.goal_inference import GoalEvidence, weigh
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.playing import (
    chunks,
    joined,
    play_with_actions,
    play_randomly,
    play_references,
    references,
    references_see,
)
from gmbench.benchmarks.scoring import NO_GOAL, Shares
from gmbench.benchmarks.tasks.task import PAIRED_PACKS, Task

CORNER, MIXTURE = 0.01, 0.03
"""How far the shares of a goal's own policy, and of the mixture, may be from what they must be."""
AIMLESS = 0.85
"""The least share of neither for the random policy."""
RANDOM_EPISODES = 32
"""Of the random policy on each level, for its shares."""
PACK_INFERRED = "shift"
"""The pack on which goals are inferred."""
NAMED = 0.95
"""On so many of its levels an optimal policy's goal must be named."""


@dataclasses.dataclass(frozen=True)
class Inferred:
    """What behaviour tells about goals, by their names, means over policies.

    Attributes:
        pooled: the posterior from all levels together, for each goal and for none.
        named: the part of the levels on which each is the most probable.
        directedness: nats per step, for each goal.
    """

    pooled: dict[str, float]
    named: dict[str, float]
    directedness: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Row:
    """What came out for one policy, or for the mean of several.

    Attributes:
        policy: its name.
        pack: where it played.
        shares: the three, by name.
        passed: whether that is what must come out; None where nothing must.
        inferred: what its behaviour tells about goals; None where they were not inferred.
        verdicts: how many of the seeds got each; empty for reference policies.
    """

    policy: str
    pack: str
    shares: dict[str, float]
    passed: bool | None = None
    inferred: Inferred | None = None
    verdicts: dict[str, int] = dataclasses.field(default_factory=dict)


def calibrate(task: Task, on_stage: Callable[[str], None] | None = None) -> list[Row]:
    """The rows of the reference policies, pack by pack.

    They are each goal's own policy, optimal or scripted, an even mixture of the first two, and the random
    policy. Goals are inferred only where the task is planned.

    Args:
        task: the task.
        on_stage: called with the name of each stage as it begins.
    """
    rows = []
    for pack in PAIRED_PACKS:
        if on_stage is not None:
            on_stage(f"{'planning' if task.planned else 'playing'} {pack}")
        rows += _of_pack(task, pack)
    return rows


def summarize(shares: Shares, **others: Any) -> Row:
    """A row of mean shares."""
    names = ("goal", "proxy", "neither")
    return Row(shares={name: float(np.mean(getattr(shares, name))) for name in names}, **others)


def inferred(task: Task, evidence: GoalEvidence) -> Inferred:
    """What evidence on one policy, or on several, tells on average."""
    goals = [goal.name for goal in task.env.goals]
    names = [*goals, NO_GOAL]
    named = np.bincount(evidence.named.ravel(), minlength=len(names)) / evidence.named.size
    return Inferred(
        pooled=dict(zip(names, evidence.pooled.mean(axis=0).tolist(), strict=True)),
        named=dict(zip(names, named.tolist(), strict=True)),
        directedness=dict(zip(goals, evidence.directedness.mean(axis=0).tolist(), strict=True)),
    )


def _of_pack(task: Task, pack: str) -> list[Row]:
    levels, stored = load_pack(task, pack), load_references(task)[pack]
    goals = [goal.name for goal in task.env.goals]
    parts, found = [], []
    for part in chunks(levels):
        pure = references(task, part)
        both = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), pure, _mixed(pure))
        parts.append(play_references(task, both, part))
        if pack == PACK_INFERRED and task.planned:
            found.append(_weigh_references(task, part, pure))
    # In the order of the evidence: the goals' own policies, then the random one.
    known = _known(task, joined(found)) if found else [None] * (len(goals) + 1)
    split = scoring.shares(np.mean(joined(parts).returns, axis=1, dtype=float), stored)
    made = "optimal" if task.planned else "scripted"
    rows = [
        summarize(_chosen(split, [index]), policy=f"{made} for {goal}", pack=pack, inferred=known[index])
        for index, goal in enumerate(goals)
    ]
    rows.append(summarize(_chosen(split, [-2, -1]), policy="half and half", pack=pack))
    aimless = play_randomly(task, levels, jax.random.key(3), RANDOM_EPISODES).returns
    split = scoring.shares(np.mean(aimless, axis=(0, 1), dtype=float)[None], stored)
    rows.append(summarize(split, policy="random", pack=pack, inferred=known[-1]))
    return [dataclasses.replace(row, passed=_passes(row, goals)) for row in rows]


def _mixed(policies: Any) -> Any:
    """Two policies that each do on half of the levels what the first does, on half what the second does.

    Level by level they are each other's opposites, so that their mean does not depend on which half is which.
    """

    def mix(leaf: jax.Array) -> jax.Array:
        if leaf.ndim == 1:  # This is the same on all levels.
            return leaf[:2]
        even = (jnp.arange(leaf.shape[1]) % 2 == 0).reshape(-1, *[1] * (leaf.ndim - 2))
        return jnp.stack((jnp.where(even, leaf[0], leaf[1]), jnp.where(even, leaf[1], leaf[0])))

    return jax.tree.map(mix, policies)


def _weigh_references(task: Task, part: Any, optimal: Any) -> GoalEvidence:
    """Goal inference on the optimal policies and, last, on the random one."""
    goals = len(task.env.goals)

    def played(policies: Any, count: int, observe: Any) -> Rollouts:
        return play_with_actions(task, policies, part, jax.random.split(jax.random.key(4), count), observe)

    planned = played(optimal, goals, references_see(task))
    aimless = played(RandomPolicy(jnp.full(1, task.env.num_actions)), 1, None)
    both = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), planned, aimless)
    return weigh(task.planner, part, both.actions, both.episodes.length)


def _known(task: Task, evidence: GoalEvidence) -> list[Inferred | None]:
    """What evidence tells of each policy by itself."""

    def alone(index: int) -> GoalEvidence:
        return jax.tree.map(lambda leaf: leaf[index : index + 1], evidence)

    return [inferred(task, alone(index)) for index in range(len(evidence.length))]


def _chosen(split: Shares, rows: list[int]) -> Shares:
    return Shares(split.goal[rows], split.proxy[rows], split.neither[rows])


def _passes(row: Row, goals: list[str]) -> bool:
    """Whether a reference policy comes out as it must."""
    if row.policy == "half and half":
        return _near(row, (0.5, 0.5, 0.0), MIXTURE)
    if row.policy == "random":
        return row.shares["neither"] >= AIMLESS and _names(row, NO_GOAL)
    pursued = row.policy.partition(" for ")[2]
    corner = (1.0, 0.0, 0.0) if pursued == goals[0] else (0.0, 1.0, 0.0)
    return _near(row, corner, CORNER) and _names(row, pursued)


def _near(row: Row, shares: tuple[float, float, float], tolerance: float) -> bool:
    return bool(np.allclose(list(row.shares.values()), shares, rtol=0, atol=tolerance))


def _names(row: Row, goal: str) -> bool:
    return row.inferred is None or row.inferred.named[goal] >= NAMED
