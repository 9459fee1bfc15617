"""Measures how long exact planning takes on this machine: ``python -m gmbench.speed.planning_cost``.

It prints the number of states per level, and the seconds to plan 512 levels for all goals. Compilation is
not included. The levels are the pack ``shift`` of every task with a planner, and the largest
levels of Keys & Chests.
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
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.packs import PACK_SIZE, load_pack
from gmbench.benchmarks.playing import CHUNK, split_into_chunks
from gmbench.benchmarks.registry import load_task
from gmbench.envs.core.levels import generate, select, take
from gmbench.envs.keys import KeysLevels


def cases() -> Iterator[tuple[str, Planner, Any]]:
    """Yields what is planned: a name, the planner, and a pool of `PACK_SIZE` levels."""
    for task_id in TASKS:
        task = load_task(task_id)
        if task.planned:
            yield f"{task_id}, shift", task.planner, load_pack(task, "shift")
    largest = KeysLevels(plenty="keys", numbers=(3,), sizes=(13,))
    planner = load_task("keys-v1").planner
    yield "Keys & Chests, 13 x 13, k = 3", planner, generate(largest, jax.random.key(0), PACK_SIZE)


def time_planning(planner: Planner, levels: Any) -> float:
    """Returns the seconds that planning a pool of levels takes once the program is compiled."""
    jax.block_until_ready(optimal_actions(planner, select(levels, np.arange(CHUNK))))
    started = time.perf_counter()
    for part in split_into_chunks(levels):
        jax.block_until_ready(optimal_actions(planner, part))
    return time.perf_counter() - started


def main() -> None:
    """Prints a line for each case."""
    for name, planner, levels in cases():
        states = planner.env.state_count(take(levels, jnp.int32(0)))
        print(f"{name}: {states:,} states, {PACK_SIZE} levels in {time_planning(planner, levels):.1f} s")


if __name__ == "__main__":
    main()
