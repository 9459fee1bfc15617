"""The registry of tasks. Reading it is cheap: what a task is made of is imported when it is loaded."""

from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING

from gmbench.errors import UsageError

if TYPE_CHECKING:
    from gmbench.benchmarks.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Entry:
    """A line of the registry.

    Attributes:
        module: where the task stands, as ``TASK``.
        goal: the intended goal.
        proxy: what the training levels cannot tell from it.
        shift: what pulls the two apart.
        source: the publication that it reproduces.
    """

    module: str
    goal: str
    proxy: str
    shift: str
    source: str


REGISTRY = {
    "coinrun-v1": Entry(
        module="gmbench.benchmarks.tasks.coinrun",
        goal="take the coin",
        proxy="reach the end of the level",
        shift="coin anywhere in the level",
        source="Langosco et al. 2022",
    ),
    "keys-v1": Entry(
        module="gmbench.benchmarks.tasks.keys",
        goal="open chests",
        proxy="collect keys",
        shift="more keys than chests",
        source="Langosco et al. 2022",
    ),
}


def load_task(task_id: str) -> Task:
    """The task with an id.

    Raises:
        UsageError: there is none.
    """
    if task_id not in REGISTRY:
        raise UsageError(f"there is no task {task_id!r}; the tasks are {', '.join(REGISTRY)}")
    task: Task = importlib.import_module(REGISTRY[task_id].module).TASK
    return task
