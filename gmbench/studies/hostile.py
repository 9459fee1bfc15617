"""The study of hostile policies: what scores say about rules that try to get a share they do not deserve."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.planning import make_plan
from gmbench.agents.reference import PlannedPolicy, ScriptedPolicy, optimal_actions
from gmbench.benchmarks import scoring
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.playing import join_chunks, play, split_into_chunks
from gmbench.benchmarks.scoring import MISGENERALIZED, ROBUST
from gmbench.benchmarks.tasks.task import PAIRED_PACKS, Task
from gmbench.envs.core.levels import pool_size
from gmbench.studies.hostile_policies import BEFORE, GOAL, PROXY, TRICKS, Places, Trick, make_policy

GROUP = 4
"""Number of policies that are played at once. It bounds the memory of their plans."""
PACK = "shift"
"""Name of the pack on which shares are taken."""
KNOWN = {
    ("monsters-v1", "proxy, a step late"): "in long episodes the random policy loses so much to the monsters "
    "that whoever holds shields, for whatever reason, seems to pursue the goal",
    ("feed-v1", "proxy of another level"): "the plan for the proxy is nearly the same on all levels, so that "
    "this policy does pursue it",
}
"""Why a task's score is mistaken about a policy, by task and policy, where this is known."""


@dataclasses.dataclass(frozen=True)
class HostileRow:
    """What the scores say about a hostile policy under the shift.

    Attributes:
        task: id of the task.
        policy: name of the policy.
        capability: capability C on the paired pack.
        shares: the shares of the goal, the proxy and neither, by name.
        verdict: the verdict.
        follows: whether the policy follows, some of the time, the plan for the goal, and that for a proxy.
        fooled: whether the verdict is robust and the policy never follows the plan for the goal, or goal
            misgeneralization and it never follows that for a proxy.
    """

    task: str
    policy: str
    capability: float
    shares: dict[str, float]
    verdict: str
    follows: tuple[bool, bool]
    fooled: bool


def study_task(task: Task, on_stage: Callable[[str], None] | None = None) -> list[HostileRow]:
    """Plays all hostile policies of a task on the pack ``shift`` and on its paired pack, and scores them."""
    paired, tricks = PAIRED_PACKS[PACK], tricks_of(task)
    levels = {name: load_pack(task, name) for name in (paired, PACK)}
    returns = {}
    for name, pool in levels.items():
        if on_stage is not None:
            on_stage(f"{task.id}: playing {name}")
        returns[name] = play_tricks(task, tricks, pool, levels[paired])
    return score_tricks(task, tricks, returns[paired], returns[PACK])


def mistakes(rows: Sequence[HostileRow]) -> list[str]:
    """Names the policies about which the score is mistaken, unless it is known why."""
    return [
        f"{row.policy} in {row.task}" for row in rows if row.fooled and (row.task, row.policy) not in KNOWN
    ]


def score_tricks(
    task: Task, tricks: Sequence[Trick], familiar: np.ndarray, shifted: np.ndarray
) -> list[HostileRow]:
    """Scores hostile policies by their mean returns on both packs, float[tricks, goals]."""
    references = load_references(task)
    capability = scoring.capability(familiar, references[PAIRED_PACKS[PACK]])
    shares = scoring.shares(shifted, references[PACK])
    verdicts = scoring.verdicts(capability, shares, task.floor)
    rows = []
    for index, (trick, verdict) in enumerate(zip(tricks, verdicts, strict=True)):
        follows = trick.pursues(True), trick.pursues(False)
        wrong = (verdict == ROBUST and not follows[0]) or (verdict == MISGENERALIZED and not follows[1])
        own = {name: float(getattr(shares, name)[index]) for name in scoring.SHARES}
        rows.append(
            HostileRow(task.id, trick.name, float(capability[index]), own, str(verdict), follows, wrong)
        )
    return rows


def tricks_of(task: Task) -> list[Trick]:
    """The hostile policies of a task. Without plans, only those that need none but for the level itself."""
    known = {None, GOAL, PROXY}
    return [trick for trick in TRICKS if task.planned or known.issuperset(trick.sources)]


def play_tricks(task: Task, tricks: Sequence[Trick], levels: Any, before: Any) -> np.ndarray:
    """Plays hostile policies. Returns their mean returns, float[tricks, goals].

    Args:
        task: the task.
        tricks: the policies.
        levels: a pool of levels.
        before: the same levels before the shift.
    """
    env, played = task.env, []
    parts = zip(split_into_chunks(levels), split_into_chunks(before), strict=True)
    for part, part_before in parts:
        sources, episodes = plan_sources(task, part, part_before), []
        for start in range(0, len(tricks), GROUP):
            # The last group is filled with repetitions, so that all groups are one program.
            group = [tricks[min(start + place, len(tricks) - 1)] for place in range(GROUP)]
            made = [make_policy(trick, _stack(trick, sources), env.num_actions) for trick in group]
            policies = jax.tree.map(lambda *leaves: jnp.stack(leaves), *made)
            keys = jax.random.split(jax.random.key(start), GROUP)
            episodes.append(play(task, policies, part, keys, Places(env, task.planned)))
        played.append(jax.tree.map(lambda *leaves: np.concatenate(leaves)[: len(tricks)], *episodes))
    return np.asarray(np.mean(join_chunks(played).returns, axis=1, dtype=float))


def plan_sources(task: Task, levels: Any, before: Any) -> dict[str, PlannedPolicy | ScriptedPolicy]:
    """Makes the policies that hostile policies follow, by name.

    The first proxy counts. ``elsewhere`` stands for the plan of the next level, ``before`` for that of the
    same level before the shift, and ``avoid`` for the worst actions of the plan.
    """
    if not task.planned:
        scripts = tuple(task.scripts.values())
        chosen = {GOAL: 0, PROXY: 1}
        size = pool_size(levels)
        return {
            name: ScriptedPolicy(jnp.full(size, index, jnp.int32), scripts) for name, index in chosen.items()
        }
    best, worst = optimal_actions(task.planner, levels), _worst_actions(task, levels)
    sets = {
        GOAL: best[0],
        PROXY: best[1],
        "goal elsewhere": jnp.roll(best[0], 1, axis=0),
        "proxy elsewhere": jnp.roll(best[1], 1, axis=0),
        BEFORE: optimal_actions(task.planner, before)[0],
        "avoid goal": worst[0],
        "avoid proxy": worst[1],
    }
    return {name: PlannedPolicy(actions, jnp.bool_(False)) for name, actions in sets.items()}


def _worst_actions(task: Task, levels: Any) -> jax.Array:
    """The sets of the worst actions, as `optimal_actions`."""
    actions = jnp.arange(task.env.num_actions, dtype=jnp.uint8)
    bits = (jnp.uint8(1) << actions)[:, None]

    def worst(level: Any) -> jax.Array:
        values = make_plan(task.planner, level).action_values.own
        sets = jnp.where(values <= jnp.min(values, axis=1, keepdims=True), bits, 0)
        return jnp.sum(sets, axis=1, dtype=jnp.uint8)

    return jnp.swapaxes(jax.jit(lambda pool: jax.lax.map(worst, pool))(levels), 0, 1)


def _stack(trick: Trick, sources: dict[str, PlannedPolicy | ScriptedPolicy]) -> Any:
    """The two plans of a trick, stacked on axis 0; that of the goal stands in where actions are random."""
    own = [sources[source or GOAL] for source in trick.sources]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *own)
