"""The registry of tasks: loads a task by its id. Importing this module is cheap: it does not import JAX."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.suites import SUITES
from gmbench.checks import check_text
from gmbench.errors import UsageError, hint

if TYPE_CHECKING:
    from gmbench.benchmarks.tasks.task import Task


def load_task(task_id: str) -> Task:
    """Imports the module of a task and returns the task.

    Raises:
        UsageError: if no task has this id.
    """
    if check_text("the id of a task", task_id) not in TASKS:
        raise _unknown(task_id)
    task: Task = importlib.import_module(TASKS[task_id].module).TASK
    return task


def _unknown(task_id: str) -> UsageError:
    """The error for an id that is not the id of a task."""
    if task_id in SUITES:
        tasks = ", ".join(SUITES[task_id].tasks)
        return UsageError(f"{task_id} is a suite, and this takes a task: {tasks}")
    every = f"the tasks are {', '.join(TASKS)}, and the suites {', '.join(SUITES)}"
    return UsageError(f"there is no task {task_id!r}; {hint(task_id, (*TASKS, *SUITES), every)}")
