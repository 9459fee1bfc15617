"""The pages in docs/environments are what `python -m gmbench.reports.pages` makes of the code and the packs."""

import re
import shlex

import pytest

from gmbench.benchmarks.tasks import REGISTRY, load_task
from gmbench.cli.main import COMMANDS
from gmbench.envs.core.mazes import Layouts
from gmbench.envs.keys import KeysLevels
from gmbench.reports import pages

STALE = "run `python -m gmbench.reports.pages`"


@pytest.mark.parametrize("task_id", REGISTRY)
def test_the_page_of_a_task_is_up_to_date(task_id):
    assert (pages.FOLDER / f"{task_id}.md").read_text() == pages.page(load_task(task_id)), STALE
    assert (pages.FOLDER / f"{task_id}.png").exists(), STALE


def test_the_table_of_all_tasks_is_up_to_date():
    assert (pages.FOLDER / "README.md").read_text() == pages.index(), STALE
    # A page for each task, and for no other.
    assert {path.stem for path in pages.FOLDER.glob("*-v*.md")} == set(REGISTRY), STALE


def test_pages_name_commands_that_there_are():
    assert {shlex.split(command)[1] for command in pages.COMMANDS} <= set(COMMANDS)


def test_a_docstring_is_read_with_the_attributes_of_the_classes_above():
    description, attributes = pages.read_docstring(KeysLevels)
    assert description.startswith("A distribution over Keys & Chests levels.\n\nThe same key")
    assert "Attributes" not in description
    assert list(attributes) == ["layouts", "sizes", "walls", "plenty", "numbers"]
    # "See there" is not what a reader of the page wants.
    assert attributes["sizes"] == pages.read_docstring(Layouts)[1]["sizes"]
    assert re.search(r"`chests`: k keys and 2k chests.*\(2022, section 3\.3\)", attributes["plenty"])
