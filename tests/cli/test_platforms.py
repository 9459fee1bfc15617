"""Operating systems: without locks on files, as on Windows, commands and runs are refused in one sentence."""

import sys

import pytest

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
