"""Commands in README and docs: each can be given as it stands there, and names a task that exists."""

import functools
import importlib
import re
import shlex
from pathlib import Path

import pytest
import tyro

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.suites import SUITES
from gmbench.cli import main as cli
from gmbench.cli.documents import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "docs/environments/coinrun-v1.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
"""One page of an environment is enough: those of all others are written from the same template."""
FENCED = re.compile(r"^ *```(?:sh|text)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<!`)`((?:gmbench|python -m gmbench)[^`]+)`(?!`)")
COMMAND = re.compile(r"(?:^|[\s/])(gmbench [a-z].*|python -m gmbench\.cli\..*)")
END = re.compile(r" {2,}| [#>|&;] ?.*")
"""What ends a command on its line: the text that explains it, a comment, or the shell's own signs."""
PLACEHOLDERS = {"TASK|SUITE": "quick", "TASK": "ascent-v1", "TASK...": "ascent-v1", "DIR...": "a b"}


def documented():
    """Every command of the pages, as the words that a user types, by page."""
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
        spans = [" ".join(span.split()) for span in INLINE.findall(text) if len(span.split()) > 2]
        for line in (*lines, *spans):
            if found := COMMAND.search(line):
                command = END.split(found[1])[0]
                for name, value in PLACEHOLDERS.items():
                    command = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w.|])", value, command)
                yield page.relative_to(ROOT), shlex.split(re.sub(r"[\[\]]", " ", command))


COMMANDS = sorted({(tuple(words), str(page)) for page, words in documented()})


def test_commands_are_found():
    assert len(COMMANDS) > 50
    assert {words[1] for words, _ in COMMANDS if words[0] == "gmbench"} == set(cli.COMMANDS)


@pytest.fixture
def given(monkeypatch):
    """The arguments that a command was called with, instead of running it."""
    arguments = {}

    def record(function, join=False):
        return functools.wraps(function)(lambda **keywords: arguments.update(keywords))

    monkeypatch.setattr(cli, "computing", record)
    monkeypatch.setitem(cli.COMMANDS, "list", record(cli.list_tasks))
    return arguments


@pytest.mark.parametrize(("words", "page"), COMMANDS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_documented_command_can_be_given(words, page, given):
    if words[0] == "gmbench":
        assert cli.main(list(words[1:])) == 0
    else:
        module = importlib.import_module(words[2])
        [name] = re.findall(r"run_standalone\((\w+),", Path(module.__file__).read_text())
        main = getattr(module, name)
        tyro.cli(functools.wraps(main)(lambda **keywords: given.update(keywords)), args=words[3:])
    tasks = (given.get("task"), given.get("name"), *given.get("tasks", ()))
    assert {task for task in tasks if task} <= {*TASKS, *SUITES}, words
