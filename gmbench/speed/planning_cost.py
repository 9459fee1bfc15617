"""What exact planning costs on this machine: ``python -m gmbench.speed.planning_cost``.

For a pack of every task that is planned, and for the largest levels of Keys & Chests, it prints how many
states a level has and how long it takes to plan 512 levels for all goals; building the program is not
counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.agents.planning import Planner
from gmbench.agents.reference import optimal_actions
from gmbench.benchmarks.packs import PACK_SIZE, load_pack
from gmbench.benchmarks.playing import CHUNK, chunks
from gmbench.benchmarks.tasks import REGISTRY, load_task
from gmbench.envs.core.levels import generate, select, take
from gmbench.envs.keys import KeysLevels


def cases() -> Iterator[tuple[str, Planner, Any]]:
    """What is planned: a name, the planner, and a pool of `PACK_SIZE` levels."""
    for task_id in REGISTRY:
        task = load_task(task_id)
        if task.planned:
            yield f"{task_id}, shift", task.planner, load_pack(task, "shift")
    largest = KeysLevels(plenty="keys", numbers=(3,), sizes=(13,))
    planner = load_task("keys-v1").planner
    yield "Keys & Chests, 13 x 13, k = 3", planner, generate(largest, jax.random.key(0), PACK_SIZE)


def seconds(planner: Planner, levels: Any) -> float:
    """How long a pool takes to be planned, the program already built."""
    jax.block_until_ready(optimal_actions(planner, select(levels, np.arange(CHUNK))))
    begun = time.perf_counter()
    for part in chunks(levels):
        jax.block_until_ready(optimal_actions(planner, part))
    return time.perf_counter() - begun


def main() -> None:
    """Prints a line for each case."""
    for name, planner, levels in cases():
        states = planner.env.state_count(take(levels, jnp.int32(0)))
        print(f"{name}: {states:,} states, {PACK_SIZE} levels in {seconds(planner, levels):.1f} s")


if __name__ == "__main__":
    main()
