"""Suites: the tasks that belong to each."""

import pytest

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.suites import SUITES


def test_suites_follow_from_the_descriptions_of_tasks():
    exact = [task for task, description in TASKS.items() if description.references == "exact"]
    quick = SUITES["quick"].tasks
    assert list(SUITES["core-v1"].tasks) == exact
    assert list(SUITES["full-v1"].tasks) == list(TASKS)
    assert set(quick) <= set(exact)
    assert {load_task(task).counting for task in quick} == {"first", "all"}


@pytest.mark.parametrize("task", TASKS)
def test_a_description_says_whether_the_references_are_exact(task):
    assert (TASKS[task].references == "exact") == load_task(task).planned
