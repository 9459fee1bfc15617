"""The Python interface: the names of the package, for people and for type checkers."""

import subprocess
import sys
from pathlib import Path

import pytest

import gmbench


def test_dir_lists_the_public_names():
    assert set(gmbench.__all__) <= set(dir(gmbench))
    for name in gmbench.__all__:
        assert callable(getattr(gmbench, name)), name


def test_all_names_are_in_the_interface_that_type_checkers_see():
    assert sorted(gmbench.__all__) == sorted(set(gmbench.__all__))
    assert (Path(gmbench.__file__).parent / "py.typed").is_file()
    assert "nothing" not in dir(gmbench)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'gmbench' has no attribute 'nothing'"):
        gmbench.nothing  # noqa: B018 - reading it is the test


def test_mypy_reports_an_unknown_name(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import gmbench\ngmbench.nothing()\ngmbench.run('coinrun-v1')\n")
    # With --follow-imports=skip, mypy reads only the two files that are given.
    options = ["--follow-imports=skip", f"--cache-dir={tmp_path / 'cache'}", "--config-file="]
    command = [sys.executable, "-m", "mypy", *options, gmbench.__file__, str(program)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    errors = [line for line in checked.stdout.splitlines() if ": error:" in line]
    assert [line.partition(": ")[2] for line in errors if Path(line.split(":")[0]).name == "program.py"] == [
        'error: Module has no attribute "nothing"  [attr-defined]'
    ], checked.stdout + checked.stderr
