"""Memory planning: how many seeds train together, computed from what the compiled programs need."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jax
import psutil

from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError
from gmbench.runs.program_memory import bytes_of, program_memory
from gmbench.runs.settings import Settings
from gmbench.runs.sharding import stacked_shapes
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


def check_memory(task: Task, settings: Settings, algorithm: Algorithm[Any], memory: float | None) -> None:
    """Checks, before anything is drawn or compiled, that a run may fit into memory.

    What the programs need in addition is known only when they are compiled, see `plan_memory`.

    Args:
        task: the task.
        settings: the settings of the run.
        algorithm: the learner, for one seed.
        memory: GiB that training may use on each device; None for half of the free memory.

    Raises:
        UsageError: the levels or the learners do not fit, or the device has less memory than that.
    """
    if memory is not None and memory * GIB > device_memory():
        raise UsageError(
            f"memory must be at most the {device_memory() / GIB:.1f} GiB of the device, not {memory:g}"
        )
    level = jax.eval_shape(task.training_levels(), jax.eval_shape(lambda: jax.random.key(0)))
    pool, free = settings.levels * bytes_of(level), free_memory()
    if pool > free:
        raise UsageError(
            f"{settings.levels:,} levels need {pool / GIB:.2f} GiB where {free / GIB:.2f} are free"
        )
    params = task.env.params(stacked_shapes(level, (settings.levels,)))
    learner = jax.eval_shape(algorithm.init, jax.eval_shape(lambda: jax.random.key(0)), params)
    check_fits(settings.block * bytes_of(learner), available_memory(memory))


def available_memory(memory: float | None) -> float:
    """Bytes that training may use on each device, see `plan_memory`."""
    return TRAINING_FRACTION * free_memory() if memory is None else memory * GIB


def check_fits(needed: float, available: float) -> None:
    """Checks that a block of seeds fits into memory; both numbers are in bytes.

    Raises:
        UsageError: it does not.
    """
    if needed > available:
        raise UsageError(
            f"a block of seeds needs {needed / GIB:.2g} GiB where {available / GIB:.2g} may be used; "
            "give --memory more, or --block fewer seeds"
        )


def plan_memory(programs: Programs, blocks: int, memory: float | None) -> MemoryPlan:
    """Plans how many blocks train together.

    Args:
        programs: training programs for one block on each device.
        blocks: number of all blocks.
        memory: GiB that training may use on each device; None for half of the free memory.

    Raises:
        UsageError: not even one block fits.
    """
    available = available_memory(memory)
    devices = len(programs.placement.devices)
    learners = bytes_of(programs.learners) / devices
    needed = program_memory(programs.update)
    peak = learners if needed is None else max(learners, needed.peak)
    check_fits(peak, available)
    blocks_of_device = -(-blocks // devices)
    if jax.default_backend() != "cpu":
        together = min(blocks_of_device, int(available / peak))
        return MemoryPlan(together, together * devices)
    seeds = jax.tree.leaves(programs.learners)[0].shape[1]
    # While one block is updated, the other blocks of a cohort only hold their learners.
    fit = 1 + int((available - peak) / learners)
    return MemoryPlan(1, devices * min(blocks_of_device, fit, max(1, COHORT_SEEDS // (seeds * devices))))


def device_memory() -> float:
    """All bytes of a device. On a CPU it is the memory of the machine."""
    device = jax.local_devices()[0]
    stats = device.memory_stats() if device.platform != "cpu" else None
    return float((stats or {}).get("bytes_limit") or psutil.virtual_memory().total)


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
