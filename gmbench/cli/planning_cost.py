"""Measures how long exact planning takes on this machine: ``python -m gmbench.cli.planning_cost``."""

from __future__ import annotations

import jax.numpy as jnp

from gmbench.benchmarks.packs import PACK_SIZE
from gmbench.cli.standalone import run_standalone
from gmbench.envs.core.levels import take
from gmbench.speed.planning_cost import cases, time_planning


def planning_cost() -> None:
    """Prints the states per level, and the seconds to plan 512 levels for all goals, without compilation.

    The levels are the pack ``shift`` of every planned task, and the largest levels of Keys & Chests.
    """
    for name, planner, levels in cases():
        states = planner.env.state_count(take(levels, jnp.int32(0)))
        seconds = time_planning(planner, levels)
        print(f"{name}: {states:,} states, {PACK_SIZE} levels in {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    run_standalone(planning_cost, "planning_cost")
