"""The registry of suites: sets of tasks that are run and reported together. Reading it is cheap.

A task joins a suite by what its entry in the registry of tasks says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from gmbench.benchmarks.tasks import REGISTRY
from gmbench.errors import UsageError


@dataclasses.dataclass(frozen=True)
class Suite:
    """Tasks that are reported together. Which they are is part of what the id stands for.

    Attributes:
        id: such as ``core-v1``.
        tasks: their ids.
        description: in a few words.
        budget: what a run of it spends on each task unless told otherwise: ``seeds``, ``steps`` and
            ``levels``. Empty where the tasks' own budgets say so.
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
            tasks=tuple(name for name, entry in REGISTRY.items() if entry.references == "exact"),
            description="every task whose references are planned exactly",
        ),
        Suite(id="full-v1", tasks=tuple(REGISTRY), description="every task"),
        Suite(
            id="quick",
            tasks=("coinrun-v1", "keys-v1"),
            description="a smoke test: a task of each way of counting, too few steps to learn",
            budget={"seeds": 2, "steps": 16_384, "levels": 256},
        ),
    )
}


def find_suite(suite_id: str) -> Suite:
    """The suite with an id.

    Raises:
        UsageError: there is none.
    """
    if suite_id not in SUITES:
        raise UsageError(f"there is no suite {suite_id!r}; the suites are {', '.join(SUITES)}")
    return SUITES[suite_id]
