"""Memory planning: how many seeds train together, computed from what the compiled programs need."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import jax
import psutil

from gmbench.errors import UsageError
from gmbench.runs.program_memory import bytes_of, program_memory
from gmbench.runs.training_programs import Programs

TRAINING_FRACTION = 0.5
"""Fraction of the free memory that training may take. Evaluation and what was not foreseen need the rest."""
COHORT_SEEDS = 64
"""On a CPU, blocks run one after the other, so larger cohorts would only delay the saving of results."""
GIB = 1 << 30


@dataclasses.dataclass(frozen=True)
class MemoryPlan:
    """How the blocks of a run are grouped.

    Attributes:
        blocks_per_device: blocks that run side by side on each device, see
            `gmbench.runs.sharding.Placement`.
        blocks_per_cohort: blocks that train together.
    """

    blocks_per_device: int
    blocks_per_cohort: int


def plan_memory(programs: Programs, blocks: int, memory: float | None) -> MemoryPlan:
    """Plans how many blocks train together.

    Args:
        programs: training programs for one block on each device.
        blocks: number of all blocks.
        memory: GiB that training may use on each device; None for half of the free memory.

    Raises:
        UsageError: not even one block fits.
    """
    available = TRAINING_FRACTION * free_memory() if memory is None else memory * GIB
    devices = len(programs.placement.devices)
    learners = bytes_of(programs.learners) / devices
    needed = program_memory(programs.update)
    peak = learners if needed is None else max(learners, needed.peak)
    if peak > available:
        raise UsageError(
            f"a block of seeds needs {peak / GIB:.2f} GiB where {available / GIB:.2f} may be used; "
            "give --memory more, or --block fewer seeds"
        )
    blocks_of_device = -(-blocks // devices)
    if jax.default_backend() != "cpu":
        together = min(blocks_of_device, int(available / peak))
        return MemoryPlan(together, together * devices)
    seeds = jax.tree.leaves(programs.learners)[0].shape[1]
    # While one block is updated, the other blocks of a cohort only hold their learners.
    fit = 1 + int((available - peak) / learners)
    return MemoryPlan(1, devices * min(blocks_of_device, fit, max(1, COHORT_SEEDS // (seeds * devices))))


def free_memory() -> float:
    """Free bytes of a device. On a CPU it is that of the machine, or what the limit of a container leaves."""
    device = jax.local_devices()[0]
    stats = device.memory_stats() if device.platform != "cpu" else None
    if stats and "bytes_limit" in stats:
        return float(stats["bytes_limit"] - stats.get("bytes_in_use", 0))
    free = min(float(psutil.virtual_memory().available), _free_in_container())
    return free / len(jax.local_devices()) if device.platform == "cpu" else free


def _free_in_container() -> float:
    """Bytes that the limit of a control group (version 2) leaves; infinite without a limit."""
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
