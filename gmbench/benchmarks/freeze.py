"""Builds the frozen files of a task: its packs and the returns of the reference policies on them.

The command ``python -m gmbench.cli.freeze TASK`` writes these files into the package.

A pack and its shifted pack hold paired levels, which differ by their cues alone. They hold only
distinguishing levels: shifted levels on which pursuing the goal and pursuing a proxy lead to different
results. What this means depends on how the task counts events, see `are_distinguishing`.
"""

from __future__ import annotations

import json
from typing import Any

import jax
import numpy as np

from gmbench.benchmarks.packs import PACK_SIZE, REFERENCES, encode, pack_file
from gmbench.benchmarks.playing import (
    CHUNK,
    play_randomly,
    play_references,
    reference_episodes,
    reference_policies,
)
from gmbench.benchmarks.tasks.task import PAIRED_PACKS, Task
from gmbench.envs.core.levels import generate, layout_hashes, pool_size, reserved, select

CANDIDATES = 32_768
"""Number of levels that are generated. One in eight is reserved for evaluation. Packs are filled with the
distinguishing levels among those."""
RANDOM_EPISODES = 32
"""Episodes of the random policy on every level."""
MOST_RANDOM_SUCCESS = 0.25
"""If only the first event counts, a level is left out if the random policy reaches any goal in a larger
fraction of its episodes."""
FORFEIT = 0.25
"""If all events count, a level is left out unless the policy of each goal forfeits at least this fraction of
the return that is achievable on the other goal."""


def build(task: Task) -> dict[str, bytes]:
    """Builds the content of every frozen file of a task, by file name."""
    files: dict[str, bytes] = {}
    references: dict[str, Any] = {}
    for number, (shifted, familiar) in enumerate(PAIRED_PACKS.items()):
        pools = make_paired_packs(task, familiar, shifted, jax.random.key(number))
        for pack, pool in zip((familiar, shifted), pools, strict=True):
            files[pack_file(pack)] = encode(pool)
            references[pack] = reference_returns(task, pool)
    files[REFERENCES] = json.dumps(references, indent=1).encode()
    return files


def make_paired_packs(task: Task, familiar: str, shifted: str, key: jax.Array) -> tuple[Any, Any]:
    """Makes a pack and its shifted pack: two pools of `PACK_SIZE` paired levels, all of them distinguishing.

    Args:
        task: the task.
        familiar: name of the pack on which goal and proxy agree.
        shifted: name of the pack on which they conflict.
        key: random key of the levels.

    Raises:
        ValueError: if the two generators give different layouts, or too few levels are distinguishing.
    """
    pools = [generate(task.generators[pack], key, CANDIDATES) for pack in (familiar, shifted)]
    hashes = layout_hashes(pools[0])
    if hashes != layout_hashes(pools[1]):
        raise ValueError(f"the generators of {familiar} and {shifted} do not give the same layouts")
    held_out = np.flatnonzero(reserved(hashes))
    found: list[int] = []
    for start in range(0, len(held_out) - CHUNK + 1, CHUNK):
        part = held_out[start : start + CHUNK]
        found.extend(part[are_distinguishing(task, *(select(pool, part) for pool in pools))])
        if len(found) >= PACK_SIZE:
            chosen = np.array(found[:PACK_SIZE])
            return select(pools[0], chosen), select(pools[1], chosen)
    raise ValueError(f"only {len(found)} distinguishing levels among {CANDIDATES} candidates")


def are_distinguishing(task: Task, familiar: Any, shifted: Any) -> np.ndarray:
    """Decides which pairs of levels are distinguishing: bool[levels].

    If only the first event counts, the policy of every proxy must miss the goal on the shifted level, and the
    random policy must reach a goal in at most `MOST_RANDOM_SUCCESS` of its episodes. If all events count, the
    policies of the goal and of every proxy must each forfeit `FORFEIT` of the other's return.
    """
    if task.first_only:
        rarely_by_chance = random_success(task, shifted) <= MOST_RANDOM_SUCCESS
        return proxies_miss_goal(task, familiar, shifted) & rarely_by_chance
    return goals_exclude_each_other(task, shifted)


def random_success(task: Task, levels: Any) -> np.ndarray:
    """Measures in which fraction of its episodes the random policy reaches any goal: float[levels]."""
    episodes = play_randomly(task, levels, jax.random.key(2), RANDOM_EPISODES)
    return np.mean(episodes.first >= 0, axis=0)


def proxies_miss_goal(task: Task, familiar: Any, shifted: Any) -> np.ndarray:
    """Decides whether every proxy's policy reaches its proxy first on each shifted level: bool[levels].

    A planned policy is planned on the familiar level and played on the paired shifted level. A script sees
    the shifted level. The condition must hold whether the policy breaks ties in favour of the first action or
    of the last one: in CoinRun, whether it walks or jumps if both are equally fast.
    """
    good = np.ones(pool_size(shifted), bool)
    for policies in reference_policies(task, familiar).tie_breaks():
        first = play_references(task, policies, shifted).first
        for proxy in range(1, len(task.env.goals)):
            good &= first[proxy] == proxy
    return good


def goals_exclude_each_other(task: Task, shifted: Any) -> np.ndarray:
    """Decides whether the goal and every proxy are pursued at each other's expense: bool[levels].

    The policy of each must forfeit at least `FORFEIT` of the return that is achievable on the other. Planned
    policies must also finish before the time limit, because plans ignore it.
    """
    episodes = reference_episodes(task, shifted)
    returns, good = episodes.returns, np.all(episodes.terminated | (not task.planned), axis=0)
    for proxy in range(1, len(task.env.goals)):
        for own, other in ((0, proxy), (proxy, 0)):
            good &= returns[other, :, own] <= (1 - FORFEIT) * returns[own, :, own]
    return good


def reference_returns(task: Task, pool: Any) -> dict[str, dict[str, float]]:
    """Measures the mean return of every reference policy on every goal: {policy: {goal: return}}.

    The policies of the goals are planned or scripted, see `Task.planned`, and play one episode per level. The
    random policy plays `RANDOM_EPISODES` per level.
    """
    goals = [goal.name for goal in task.env.goals]
    pursuing = reference_episodes(task, pool)
    random = play_randomly(task, pool, jax.random.key(1), RANDOM_EPISODES)
    rows = [*np.mean(pursuing.returns, axis=1, dtype=float)]
    rows.append(np.mean(random.returns, axis=(0, 1), dtype=float))
    names = [*goals, "random"]
    return {name: dict(zip(goals, row.tolist(), strict=True)) for name, row in zip(names, rows, strict=True)}
