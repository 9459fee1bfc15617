"""How long exact planning takes: the levels that are planned, and the time, without compilation.

The levels are the pack ``shift`` of every planned task, and the largest levels of Keys & Chests.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from gmbench.agents.planning import Planner
from gmbench.agents.reference import optimal_actions
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.packs import PACK_SIZE, load_pack
from gmbench.benchmarks.playing import CHUNK, split_into_chunks
from gmbench.benchmarks.registry import load_task
from gmbench.envs.core.levels import generate, select
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
