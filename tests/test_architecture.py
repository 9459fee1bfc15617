"""The structure of the package: imports run down the list of wings, and files and functions stay short."""

import ast
import shutil
import statistics
import subprocess
from pathlib import Path

import pytest

import gmbench
from gmbench.agents import ALGORITHMS
from gmbench.cli.architecture import PAGE, PICTURE
from gmbench.reports.architecture import (
    WAY_OF_A_RUN,
    WINGS,
    Module,
    fill_page,
    find_circle,
    read_modules,
    run_section,
    upward_imports,
    wings_section,
)

PACKAGE = Path(gmbench.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE = 300, 60, 110
"""Limits in lines."""


def test_no_module_imports_from_a_wing_above_it():
    assert upward_imports(read_modules()) == []


def test_no_import_circle():
    assert find_circle(read_modules()) == []


def made_up(**imports):
    """Modules with these imports; two underscores stand for a dot."""
    names = {name.replace("__", "."): others for name, others in imports.items()}
    return {
        f"gmbench.{name}": Module(f"gmbench.{name}", "", frozenset(f"gmbench.{other}" for other in others))
        for name, others in names.items()
    }


def test_an_upward_import_and_a_circle_are_found():
    modules = made_up(runs__run=["reports.tables"], reports__tables=[], agents__ppo=["envs.core.grid"])
    modules |= made_up(envs__core__grid=["envs.core.text"], envs__core__text=["envs.core.grid"])
    assert upward_imports(modules) == [("gmbench.runs.run", "gmbench.reports.tables")]
    assert find_circle(modules) == ["gmbench.envs.core.grid", "gmbench.envs.core.text"]


@pytest.mark.parametrize(
    "source",
    [
        "from gmbench.reports import tables",
        "import gmbench.reports.tables",
        "def draw():\n    from gmbench.reports.tables import score_table",
        "if TYPE_CHECKING:\n    from gmbench.reports.tables import score_table",
    ],
)
def test_every_kind_of_import_counts(source, tmp_path, monkeypatch):
    (tmp_path / "gmbench" / "runs").mkdir(parents=True)
    (tmp_path / "gmbench" / "reports").mkdir()
    (tmp_path / "gmbench" / "runs" / "run.py").write_text(source)
    (tmp_path / "gmbench" / "reports" / "tables.py").write_text('"""Tables. More."""')
    monkeypatch.setattr("gmbench.reports.architecture.PACKAGE", tmp_path / "gmbench")
    modules = read_modules.__wrapped__()
    assert modules["gmbench.runs.run"].imports == {"gmbench.reports.tables"}
    assert modules["gmbench.reports.tables"].summary == "Tables."


def test_the_root_holds_only_the_interface():
    names = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    modules = {"checks", "errors"}
    wings = {wing.split(".")[1] for wing in WINGS if "." in wing} - modules
    assert names == wings | {"__init__.py", "__main__.py", "py.typed", *(f"{name}.py" for name in modules)}


@pytest.mark.skipif(
    not (PACKAGE.parent / ".git").exists() or shutil.which("git") is None, reason="not in a git checkout"
)
def test_git_ignores_no_source_file():
    # A pattern such as "runs/" for results would also ignore gmbench/runs, and a clone would lack it.
    command = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "gmbench", "tests"]
    listed = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True).stdout
    assert [name for name in listed.splitlines() if name.endswith(".py")] == []


def test_files_are_short():
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_FILE


def test_functions_are_short():
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, functions) and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_the_page_is_what_the_code_gives():
    modules = read_modules()
    page = PAGE.read_text()
    sections = {"wings": wings_section(modules), "run": run_section(modules)}
    assert fill_page(page, sections) == page, "run python -m gmbench.cli.architecture"
    assert PICTURE.exists()


def test_a_page_without_its_sections_is_refused():
    with pytest.raises(ValueError, match="no section"):
        fill_page("# Architecture", {"wings": ""})


def test_each_step_of_a_run_is_imported_by_an_earlier_one():
    modules = read_modules()
    by_name = {path.partition(":")[0] for path in ALGORITHMS.values()}
    loaded = {name for name in by_name for name in (name, *modules[name].imports)}
    for position, name in enumerate(WAY_OF_A_RUN[1:], start=1):
        earlier = {other for step in WAY_OF_A_RUN[:position] for other in modules[step].imports}
        assert name in earlier | loaded, f"no earlier step imports {name}"
