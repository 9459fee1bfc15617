"""Operating systems: without locks on files, as on Windows, commands and runs are refused in one sentence."""

import ast
import os
import sys
from pathlib import Path

import pytest

import gmbench
from gmbench.runs import memory_planning, program_cache
from gmbench.speed import machine
from tests.processes import run_process

WINDOWS = "import sys; sys.modules['fcntl'] = None; sys.platform = 'win32'; "
SENTENCE = (
    "gmbench runs on Linux and macOS, and this is win32; "
    "on Windows, run it in the Windows Subsystem for Linux"
)


def on_windows(program, tmp_path):
    """Runs a program where the modules of Unix are missing; numpy looks at the name of the system itself."""
    return run_process([sys.executable, "-c", program], cwd=tmp_path)


@pytest.mark.parametrize("words", [["list"], ["run", "ascent-v1", "--out", "x"]], ids=lambda words: words[0])
def test_a_command_is_refused_in_one_sentence(words, tmp_path):
    program = f"from gmbench.cli.main import main; {WINDOWS} sys.exit(main({words}))"
    done = on_windows(program, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"gmbench: {SENTENCE}\n")


def test_the_package_can_be_imported_and_a_run_is_refused(tmp_path):
    program = (
        f"import jax, numpy, psutil, matplotlib, orbax.checkpoint, gymnax; {WINDOWS}"
        "import gmbench\n"
        "gmbench.make('ascent-v1', levels=8)\n"
        "for run in (gmbench.run, gmbench.run_suite):\n"
        "    try:\n"
        "        run({gmbench.run: 'ascent-v1', gmbench.run_suite: 'quick'}[run])\n"
        "    except ValueError as error:\n"
        "        print(error)\n"
    )
    done = on_windows(program, tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{SENTENCE}\n" * 2), done.stderr


UNIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}


def test_no_module_needs_a_module_of_unix_to_be_imported():
    for path in Path(gmbench.__file__).parent.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            names |= {node.module} if isinstance(node, ast.ImportFrom) else set()
            assert not names & UNIX_ONLY, path


def test_what_only_linux_has_is_not_needed(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert machine.describe_machine()["cpus"] == os.cpu_count()
    reading = Path.read_text

    def read_text(path, *args, **options):
        if path.parts[:2] in (("/", "proc"), ("/", "sys")):
            raise FileNotFoundError(path)
        return reading(path, *args, **options)

    monkeypatch.setattr(Path, "read_text", read_text)
    assert memory_planning.free_memory() > 0
    assert program_cache.describe_processor()
