"""The maintainer's command that builds a task's frozen files: ``python -m gmbench.benchmarks.freeze TASK``.

It writes the packs and their references into the package and prints the hashes to be entered in the
task's definition, with what changed against the files that were there.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.benchmarks.packs import PACK_SIZE, REFERENCES, encode, pack_file
from gmbench.benchmarks.playing import (
    CHUNK,
    play_randomly,
    play_references,
    reference_episodes,
    references,
)
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import PAIRED_PACKS, Task
from gmbench.envs.core.levels import generate, layout_hashes, pool_size, reserved, select

CANDIDATES = 32_768
"""Levels drawn; one in eight is set aside for evaluation, and of those the telling ones are kept."""
RANDOM_EPISODES = 32
"""Episodes of the random policy on every level."""
CHANCE = 0.25
"""Where the first goal counts, a level is left out if aimless play comes to any goal in more of its
episodes than this."""
FORFEIT = 0.25
"""Where all events count, a level is left out unless who pursues one goal forfeits so much of what could be
had of the other."""


def build(task: Task) -> dict[str, bytes]:
    """The content of every frozen file of a task, by name."""
    files: dict[str, bytes] = {}
    references: dict[str, Any] = {}
    for number, (shifted, familiar) in enumerate(PAIRED_PACKS.items()):
        pools = paired_packs(task, familiar, shifted, jax.random.key(number))
        for pack, pool in zip((familiar, shifted), pools, strict=True):
            files[pack_file(pack)] = encode(pool)
            references[pack] = reference_returns(task, pool)
    files[REFERENCES] = json.dumps(references, indent=1).encode()
    return files


def paired_packs(task: Task, familiar: str, shifted: str, key: jax.Array) -> tuple[Any, Any]:
    """Two pools of `PACK_SIZE` levels that differ by their cues alone.

    On all of the shifted ones goal and proxy come apart, see `telling`.
    """
    twins = [generate(task.generators[pack], key, CANDIDATES) for pack in (familiar, shifted)]
    hashes = layout_hashes(twins[0])
    if hashes != layout_hashes(twins[1]):
        raise ValueError(f"the generators of {familiar} and {shifted} do not give the same layouts")
    held = np.flatnonzero(reserved(hashes))
    kept: list[int] = []
    for start in range(0, len(held) - CHUNK + 1, CHUNK):
        part = held[start : start + CHUNK]
        kept.extend(part[telling(task, *(select(pool, part) for pool in twins))])
        if len(kept) >= PACK_SIZE:
            chosen = np.array(kept[:PACK_SIZE])
            return select(twins[0], chosen), select(twins[1], chosen)
    raise ValueError(f"only {len(kept)} telling levels among {CANDIDATES} candidates")


def telling(task: Task, familiar: Any, shifted: Any) -> np.ndarray:
    """Whether goal and proxy come apart on each shifted level: bool[levels]."""
    if task.first_only:
        return avoidable(task, familiar, shifted) & (chance(task, shifted) <= CHANCE)
    return exclusive(task, shifted)


def chance(task: Task, levels: Any) -> np.ndarray:
    """In which part of its episodes on each level the random policy comes to any goal: float[levels]."""
    episodes = play_randomly(task, levels, jax.random.key(2), RANDOM_EPISODES)
    return np.mean(episodes.first >= 0, axis=0)


def avoidable(task: Task, familiar: Any, shifted: Any) -> np.ndarray:
    """Whether proxy pursuit misses the goal on each shifted level, where the first goal counts: bool[levels].

    What a proxy pursuer would do on the familiar twin is planned there, and played on the shifted level; a
    script sees the shifted level.
    The level is avoidable if every proxy's pursuer comes to its proxy first, whether it settles ties for
    the first action or for the last: in CoinRun, whether it walks or jumps where both are as fast.
    """
    good = np.ones(pool_size(shifted), bool)
    for policies in references(task, familiar).ways():
        first = play_references(task, policies, shifted).first
        for proxy in range(1, len(task.env.goals)):
            good &= first[proxy] == proxy
    return good


def exclusive(task: Task, shifted: Any) -> np.ndarray:
    """Whether the goal and each proxy are had at each other's expense on each shifted level: bool[levels].

    Who pursues either forfeits `FORFEIT` of the other. Who was planned to, without heed of the time limit,
    comes to the end before it.
    """
    episodes = reference_episodes(task, shifted)
    returns, good = episodes.returns, np.all(episodes.terminated | (not task.planned), axis=0)
    for proxy in range(1, len(task.env.goals)):
        for own, other in ((0, proxy), (proxy, 0)):
            good &= returns[other, :, own] <= (1 - FORFEIT) * returns[own, :, own]
    return good


def reference_returns(task: Task, pool: Any) -> dict[str, dict[str, float]]:
    """Mean return on every goal of every reference policy: {policy: {goal: return}}.

    The policies that pursue a goal are planned exactly or scripted, see `Task.planned`, and play one episode
    per level; the random one plays `RANDOM_EPISODES`.
    """
    goals = [goal.name for goal in task.env.goals]
    pursued = reference_episodes(task, pool)
    aimless = play_randomly(task, pool, jax.random.key(1), RANDOM_EPISODES)
    rows = [*np.mean(pursued.returns, axis=1, dtype=float)]
    rows.append(np.mean(aimless.returns, axis=(0, 1), dtype=float))
    names = [*goals, "random"]
    return {name: dict(zip(goals, row.tolist(), strict=True)) for name, row in zip(names, rows, strict=True)}


def main(task_id: str) -> None:
    """Builds the files of a task, writes them, and says what changed."""
    folder = Path(__file__).parent / "data" / task_id
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in build(load_task(task_id)).items():
        path = folder / name
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(content)
        change = "new" if before is None else "unchanged" if before == content else "CHANGED"
        print(f'        "{name}": "{hashlib.sha256(content).hexdigest()}",  # {change}')


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m gmbench.benchmarks.freeze TASK")
    main(sys.argv[1])
