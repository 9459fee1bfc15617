"""The registry of suites: sets of tasks that are run and reported together. Importing it does not import JAX.

A task belongs to ``core-v1`` if its description says that its references are exact, and always to
``full-v1``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from gmbench.benchmarks.descriptions import TASKS
from gmbench.checks import check_text
from gmbench.errors import UsageError, hint


@dataclasses.dataclass(frozen=True)
class Suite:
    """A set of tasks that are run and reported together.

    Attributes:
        id: name of the suite, such as ``core-v1``. It stands for exactly these tasks.
        tasks: ids of the tasks.
        description: the suite in a few words.
        budget: defaults of ``seeds``, ``steps`` and ``levels`` for each task of a run of the suite. If empty,
            the tasks' own budgets apply.
    """

    id: str
    tasks: tuple[str, ...]
    description: str
    budget: Mapping[str, int] = dataclasses.field(default_factory=dict)


SUITES = {
    suite.id: suite
    for suite in (
        Suite(
            id="core-v1",
            tasks=tuple(task.id for task in TASKS.values() if task.references == "exact"),
            description="every task whose references are planned exactly",
        ),
        Suite(id="full-v1", tasks=tuple(TASKS), description="every task"),
        Suite(
            id="quick",
            tasks=("coinrun-v1", "keys-v1"),
            description="a smoke test: a task of each way of counting, too few steps to learn",
            budget={"seeds": 2, "steps": 16_384, "levels": 256},
        ),
    )
}


def find_suite(suite_id: str) -> Suite:
    """Returns the suite with this id.

    Raises:
        UsageError: if there is no such suite.
    """
    if check_text("the id of a suite", suite_id) not in SUITES:
        every = f"the suites are {', '.join(SUITES)}"
        known = f"it is a task, and {every}" if suite_id in TASKS else hint(suite_id, SUITES, every)
        raise UsageError(f"there is no suite {suite_id!r}; {known}")
    return SUITES[suite_id]
