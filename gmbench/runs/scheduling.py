"""Scheduling: divides the seeds of one or many runs of a task into cohorts that train together.

Seeds are computed in blocks. Blocks of different runs may be in one cohort if their learners are equal, so
that the conditions of a sweep fill a device together. The results of a cohort are saved before the next one
starts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.environment import EnvParams
from gmbench.runs.blocks import updates_of
from gmbench.runs.settings import Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.shards import shard_path


@dataclasses.dataclass(frozen=True)
class Job:
    """One run among those that execute together.

    Attributes:
        settings: settings of the run. The jobs of one schedule differ in nothing but ``alpha``.
        provenance: see `gmbench.runs.storage.provenance`.
        folder: the directory of the run, or None if it is not stored.
        params: the training levels, of the same shapes for all jobs of one schedule.
    """

    settings: Settings
    provenance: Mapping[str, Any]
    folder: Path | None
    params: EnvParams


@dataclasses.dataclass(frozen=True)
class Unit:
    """One block of seeds of one job.

    Attributes:
        job: index of the job.
        seeds: all seeds of the block, with padding.
        wanted: the seeds of the block without padding: the last block of a run may have fewer seeds.
    """

    job: int
    seeds: range
    wanted: range


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Jobs that execute together, and what they have in common.

    Attributes:
        task: the task of all jobs.
        learner: the algorithm of all jobs, for one seed.
        packs: the levels of each pack, on which agents are evaluated.
        jobs: the jobs.
        memory: GiB that training may use on each device; None for half of the free memory.
    """

    task: Task
    learner: Algorithm[Any]
    packs: Mapping[str, Any]
    jobs: Sequence[Job]
    memory: float | None = None

    @property
    def block(self) -> int:
        """Number of seeds in a block."""
        return self.jobs[0].settings.block

    @property
    def units(self) -> list[Unit]:
        """All blocks of all jobs, job by job."""
        return [
            Unit(
                index,
                seeds=range(block * self.block, (block + 1) * self.block),
                wanted=job.settings.seeds_of(range(block, block + 1)),
            )
            for index, job in enumerate(self.jobs)
            for block in job.settings.blocks()
        ]

    @property
    def updates(self) -> int:
        """Number of updates of every seed."""
        return updates_of(self.learner, self.jobs[0].settings.steps)

    def cohorts(self, size: int) -> list[Sequence[Unit]]:
        """Divides the units into cohorts of ``size`` units."""
        units = self.units
        return [units[first : first + size] for first in range(0, len(units), size)]

    def unsaved(self, cohort: Sequence[Unit]) -> dict[int, list[int]]:
        """The jobs of a cohort whose results are not saved yet, each with the positions of its units."""
        positions = {
            index: [position for position, unit in enumerate(cohort) if unit.job == index]
            for index in dict.fromkeys(unit.job for unit in cohort)
        }
        return {
            index: own
            for index, own in positions.items()
            if not _is_saved(self.jobs[index], seeds_of(cohort, own))
        }


def seeds_of(cohort: Sequence[Unit], positions: Sequence[int]) -> range:
    """The seeds, without padding, of some units of one job, which are consecutive."""
    return range(cohort[positions[0]].wanted[0], cohort[positions[-1]].wanted[-1] + 1)


def _is_saved(job: Job, seeds: range) -> bool:
    return job.folder is not None and (
        manifests.is_complete(job.folder) or shard_path(job.folder, seeds).exists()
    )
