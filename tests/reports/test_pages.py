"""The pages in docs/environments must equal what `python -m gmbench.cli.pages` generates."""

import re
import shlex
from collections import Counter

import pytest

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.cli.main import COMMANDS
from gmbench.cli.pages import FOLDER
from gmbench.envs.core.mazes import Layouts
from gmbench.envs.keys import KeysLevels
from gmbench.reports.pages import environments
from gmbench.reports.pages.docstrings import read_docstring

REFERENCE = re.compile(r"\w+: see [^\n]*\n")
"""An attribute that only refers to another place."""
STALE = "run `python -m gmbench.cli.pages`"


@pytest.mark.parametrize("task_id", TASKS)
def test_the_page_of_a_task_is_up_to_date(task_id):
    assert (FOLDER / f"{task_id}.md").read_text() == environments.task_page(load_task(task_id)), STALE
    assert (FOLDER / f"{task_id}.png").exists(), STALE


def test_the_table_of_all_tasks_is_up_to_date():
    assert (FOLDER / "README.md").read_text() == environments.index_page(), STALE
    # Every task has a page, and every page belongs to a task.
    assert {path.stem for path in FOLDER.glob("*-v*.md")} == set(TASKS), STALE


def test_pages_name_commands_that_exist():
    assert {shlex.split(command)[1] for command in environments.COMMANDS} <= set(COMMANDS)


def test_the_attributes_of_base_classes_are_read_too():
    description, attributes = read_docstring(KeysLevels)
    assert description.startswith("A distribution over Keys & Chests levels.\n\nThe same random key")
    assert "Attributes" not in description
    assert list(attributes) == ["layouts", "sizes", "walls", "plenty", "numbers"]
    # A reference such as "see `Layouts`" is of no use on a page.
    assert attributes["sizes"] == read_docstring(Layouts)[1]["sizes"]
    assert re.search(r"`chests`: k keys and 2k chests.*\(2022, section 3\.3\)", attributes["plenty"])


@pytest.mark.parametrize("task_id", TASKS)
def test_no_word_of_the_docstrings_is_missing_on_a_page(task_id):
    """Whatever the code says about an environment and its levels arrives whole, whatever its layout there."""
    task = load_task(task_id)
    for described in {type(task.env), *map(type, task.generators.values())}:
        description, attributes = read_docstring(described)
        kept = [*description.split(), *(f"{name}: {text}" for name, text in attributes.items())]
        own = REFERENCE.sub("", described.__doc__ or "").replace("``", "`").replace("Attributes:", "")
        assert Counter(own.split()) <= Counter(" ".join(kept).split()), described


class OneAttribute:
    """A class with one attribute.

    Attributes:
        apart: whether the dish lies on another floor than the cheese: any floor to which there is a way,
            but not the floor of the cheese.
    """


class TwoAttributes:
    """A class with two attributes.

    Attributes:
        first: a meaning on
            two lines.
        second: a meaning on one line.
    """


def test_an_attribute_keeps_all_its_lines():
    meaning = "whether the dish lies on another floor than the cheese: any floor to which there is a way, "
    assert read_docstring(OneAttribute)[1] == {"apart": meaning + "but not the floor of the cheese."}
    two = {"first": "a meaning on two lines.", "second": "a meaning on one line."}
    assert read_docstring(TwoAttributes)[1] == two
