"""How many seeds fit into memory, told from what the compiled programs need, and not by trial and error."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import jax
import psutil

from gmbench.runs.training import Programs
from gmbench.runs.program_memory import bytes_of, program_memory
from gmbench.errors import UsageError

TAKEN = 0.5
"""Part of the free memory that training may take; the rest is for evaluation and for what is not foreseen."""
COHORT_SEEDS = 64
"""On a CPU, where seeds take turns, so many train side by side at most: those that are done are kept."""
GIB = 1 << 30


@dataclasses.dataclass(frozen=True)
class Plan:
    """How the seeds of a run are put together, see `gmbench.runs.sharding.Spread`.

    Attributes:
        each: blocks side by side on each device.
        cohort: blocks that train side by side in all.
    """

    each: int
    cohort: int


def plan_training(programs: Programs, blocks: int, memory: float | None) -> Plan:
    """How blocks are put together.

    Args:
        programs: those for one block on each device.
        blocks: how many there are.
        memory: GiB that may be used on each device; None for half of what is free.

    Raises:
        UsageError: not even one block fits.
    """
    room = TAKEN * free_memory() if memory is None else memory * GIB
    devices = len(programs.spread.devices)
    learners = bytes_of(programs.learners) / devices
    needed = program_memory(programs.update)
    peak = learners if needed is None else max(learners, needed.peak)
    if peak > room:
        raise UsageError(
            f"a block of seeds needs {peak / GIB:.2f} GiB where {room / GIB:.2f} may be used; "
            "give --memory more, or --block fewer seeds"
        )
    waves = -(-blocks // devices)  # Blocks that each device has to take.
    if jax.default_backend() != "cpu":
        each = min(waves, int(room / peak))
        return Plan(each, each * devices)
    seeds = jax.tree.leaves(programs.learners)[0].shape[1]
    # Beside the block at work, the others only wait.
    fit = 1 + int((room - peak) / learners)
    return Plan(1, devices * min(waves, fit, max(1, COHORT_SEEDS // (seeds * devices))))


def free_memory() -> float:
    """Bytes that are free on a device, or in the machine if that is a CPU; a container's limit counts."""
    device = jax.local_devices()[0]
    stats = device.memory_stats() if device.platform != "cpu" else None
    if stats and "bytes_limit" in stats:
        return float(stats["bytes_limit"] - stats.get("bytes_in_use", 0))
    free = min(float(psutil.virtual_memory().available), _free_in_container())
    return free / len(jax.local_devices()) if device.platform == "cpu" else free


def _free_in_container() -> float:
    """What a control group leaves, by version 2 of these; infinite without one."""
    folder = Path("/sys/fs/cgroup")
    try:
        own = Path("/proc/self/cgroup").read_text().strip().rpartition("::")[2].lstrip("/")
        limits = [
            float((place / "memory.max").read_text()) - float((place / "memory.current").read_text())
            for place in (folder / own, folder)
            if (place / "memory.max").exists() and (place / "memory.max").read_text().strip() != "max"
        ]
    except (OSError, ValueError):
        return float("inf")
    return min(limits, default=float("inf"))
