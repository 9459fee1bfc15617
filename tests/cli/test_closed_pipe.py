"""Output that nobody reads: a command ends in silence, as in ``gmbench list | head -1``."""

import json
import os
import subprocess
import sys

import pytest

from gmbench.cli.endings import CLOSED_PIPE
from tests.commands import command_line
from tests.processes import MODULE, environment, run_process
from tests.tiny_runs import SMALLEST, TASK

COMMANDS = {
    "list": ["list"],
    "list as JSON": ["list", "--json"],
    "help": ["--help"],
    "help of a command": ["run", "--help"],
    "legend": ["show", "ascent-v1", "--legend"],
}


def closed_pipe():
    """Returns the end for writing of a pipe whose other end is closed."""
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w")


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_closed_pipe_ends_a_command_in_silence(words, tmp_path):
    with closed_pipe() as nobody:
        done = run_process([*MODULE, *words], cwd=tmp_path, stdout=nobody)
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, "")


def test_a_closed_pipe_for_scores_ends_a_command_in_silence(tiny_run, tmp_path):
    with closed_pipe() as nobody:
        done = run_process([*MODULE, "score", tiny_run], cwd=tmp_path, stdout=nobody)
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, "")


def test_a_pipe_of_the_shell_is_silent(tmp_path):
    gmbench = " ".join(MODULE)
    done = subprocess.run(
        ["bash", "-c", f"{gmbench} list | head -1; {gmbench} list --json 2>&1 | head -1"],
        cwd=tmp_path, env=environment(COLUMNS="20"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (["tasks", "{"], "")


def test_an_error_that_nobody_reads_has_its_status_still(tmp_path):
    with closed_pipe() as nobody:
        done = run_process([*MODULE, "show", "corner-v2", "--out", "a.png"], cwd=tmp_path, stderr=nobody)
    assert (done.returncode, done.stdout) == (2, "")


def test_closed_output_is_no_error(tmp_path):
    done = run_process(["bash", "-c", f"{' '.join(MODULE)} list >&-"], cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_for_the_output_gets_one_sentence(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "w") as full:
        done = run_process([*MODULE, "list"], cwd=tmp_path, stdout=full)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("gmbench: the output cannot be written")


PROGRESS = (
    "from gmbench.cli.consoles import error_console\n"
    "console = error_console()\n"
    "console.print('training'), console.print('evaluating')\n"
    "print('done')"
)


@pytest.mark.parametrize("lost", ["full disk", "closed pipe"])
def test_a_log_of_progress_that_cannot_be_written_does_not_stop_a_command(lost, tmp_path):
    if lost == "full disk" and not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "w") if lost == "full disk" else closed_pipe() as log:
        done = run_process([sys.executable, "-c", PROGRESS], cwd=tmp_path, stderr=log)
    assert (done.returncode, done.stdout) == (0, "done\n")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_run_is_complete_although_its_log_is_on_a_full_disk(tmp_path):
    compiled = {name: os.environ[name] for name in ("JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS")}
    words = command_line("run", TASK, **SMALLEST, out="run")
    with open("/dev/full", "w") as log:
        done = run_process([*MODULE, *words, "--json"], cwd=tmp_path, stderr=log, variables=compiled)
    assert done.returncode == 0
    assert json.loads(done.stdout)["seeds"] == SMALLEST["seeds"]
    assert (tmp_path / "run" / "figures" / "learning_curves.pdf").exists()
