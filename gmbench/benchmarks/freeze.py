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
import jax.numpy as jnp
import numpy as np

from gmbench.agents.reference import PlannedPolicy, RandomPolicy, StateNumbers, optimal_actions
from gmbench.benchmarks.evaluation import Episodes, evaluate
from gmbench.benchmarks.packs import PACK_SIZE, REFERENCES, encode, pack_file
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import TWINS, Task
from gmbench.envs.levels import generate, layout_hashes, pool_size, reserved, select

CANDIDATES = 32_768
"""Levels drawn; one in eight is set aside for evaluation, and of those the telling ones are kept."""
CHUNK = 128
"""Levels planned at once."""
RANDOM_EPISODES = 32
"""Episodes of the random policy on every level."""
CHANCE = 0.25
"""A level is left out if aimless play comes to any goal in more of its episodes than this."""


def build(task: Task) -> dict[str, bytes]:
    """The content of every frozen file of a task, by name."""
    files: dict[str, bytes] = {}
    references: dict[str, Any] = {}
    for number, (shifted, familiar) in enumerate(TWINS.items()):
        pools = twin_packs(task, familiar, shifted, jax.random.key(number))
        for pack, pool in zip((familiar, shifted), pools, strict=True):
            files[pack_file(pack)] = encode(pool)
            references[pack] = reference_returns(task, pool)
    files[REFERENCES] = json.dumps(references, indent=1).encode()
    return files


def twin_packs(task: Task, familiar: str, shifted: str, key: jax.Array) -> tuple[Any, Any]:
    """Two pools of `PACK_SIZE` levels that differ by their cues alone.

    The shifted ones are all avoidable, and none of them is a matter of chance.
    """
    twins = [generate(task.generators[pack], key, CANDIDATES) for pack in (familiar, shifted)]
    hashes = layout_hashes(twins[0])
    if hashes != layout_hashes(twins[1]):
        raise ValueError(f"the generators of {familiar} and {shifted} do not give the same layouts")
    held = np.flatnonzero(reserved(hashes))
    held = held[chance(task, select(twins[1], held)) <= CHANCE]
    kept: list[int] = []
    for start in range(0, len(held), CHUNK):
        part = held[start : start + CHUNK]
        if len(part) < CHUNK or len(kept) >= PACK_SIZE:
            break
        kept.extend(part[avoidable(task, *(select(pool, part) for pool in twins))])
    if len(kept) < PACK_SIZE:
        raise ValueError(f"only {len(kept)} avoidable levels among {CANDIDATES} candidates")
    chosen = np.array(kept[:PACK_SIZE])
    return select(twins[0], chosen), select(twins[1], chosen)


def chance(task: Task, levels: Any) -> np.ndarray:
    """In which part of its episodes on each level the random policy comes to any goal: float[levels]."""
    return np.mean(_play_randomly(task, levels, jax.random.key(2)).first >= 0, axis=0)


def avoidable(task: Task, familiar: Any, shifted: Any) -> np.ndarray:
    """Whether proxy pursuit misses the goal on each shifted level: bool[levels].

    What a proxy pursuer would do on the familiar twin is planned there, and played on the shifted level.
    The level is avoidable if every proxy's pursuer comes to its proxy first, whether it settles ties for
    the first action or for the last: in CoinRun, whether it walks or jumps where both are as fast.
    """
    good = np.ones(pool_size(shifted), bool)
    for ties in ("first", "last"):
        tables = optimal_actions(task.env, familiar, first_only=True, ties=ties)
        episodes = _play(task, PlannedPolicy(tables), shifted, jax.random.key(0))
        for proxy in range(1, len(task.env.goals)):
            good &= episodes.first[proxy] == proxy
    return good


def reference_returns(task: Task, pool: Any) -> dict[str, dict[str, float]]:
    """Mean return on every goal of every reference policy: {policy: {goal: return}}.

    The optimal policies are planned exactly and play one episode per level; the random one plays
    `RANDOM_EPISODES`.
    """
    goals = [goal.name for goal in task.env.goals]
    parts = []
    for start in range(0, PACK_SIZE, CHUNK):
        part = select(pool, np.arange(start, start + CHUNK))
        tables = optimal_actions(task.env, part, first_only=task.first_only)
        parts.append(_play(task, PlannedPolicy(tables), part, jax.random.key(0)).returns)
    optimal = np.mean(np.concatenate(parts, axis=1), axis=1, dtype=float)
    aimless = _play_randomly(task, pool, jax.random.key(1)).returns
    rows = [*optimal, np.mean(aimless, axis=(0, 1), dtype=float)]
    names = [*goals, "random"]
    return {name: dict(zip(goals, row.tolist(), strict=True)) for name, row in zip(names, rows, strict=True)}


def _play(task: Task, policies: Any, levels: Any, key: jax.Array) -> Episodes:
    """One episode per policy and level, policies stacked on axis 0."""
    keys = jax.random.split(key, len(jax.tree.leaves(policies)[0]))
    return evaluate(
        task.env,
        policies,
        levels,
        keys,
        first_only=task.first_only,
        discount=task.score_discount,
        observe=StateNumbers(task.env),
    )


def _play_randomly(task: Task, levels: Any, key: jax.Array) -> Episodes:
    """`RANDOM_EPISODES` episodes of the random policy per level, on the first axis."""
    policies = RandomPolicy(jnp.full(RANDOM_EPISODES, task.env.num_actions))
    return _play(task, policies, levels, key)


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
