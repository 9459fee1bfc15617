"""Signals: the first one saves what would be lost and stops, the second one stops at once."""

import signal
import sys

import pytest

from gmbench.cli import interrupts
from gmbench.cli.interrupts import Interrupts
from gmbench.cli.main import main
from gmbench.errors import Interrupted
from gmbench.runs.storage import training_checkpoints
from tests.commands import command_line
from tests.processes import MODULE, ROOT, run_process
from tests.tiny_runs import TASK, no_figures

COMMAND = command_line("run", TASK, seeds=2, steps=60_000, levels=64)
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture
def left():
    """The exit statuses with which a process would have ended."""
    return []


@pytest.fixture
def signals(left, monkeypatch):
    """The interrupts of a command in this process, which does not end."""
    fresh = Interrupts(left.append)
    monkeypatch.setattr(interrupts, "INTERRUPTS", fresh)
    return fresh


@BOTH
def test_outside_training_the_first_signal_stops_in_one_sentence(number, signals, left, capfd):
    signals.describe(lambda: "all is well")
    signals.enter("compiling")
    signals.receive(number)
    assert left == [128 + number]
    assert capfd.readouterr().err == "gmbench: stopped while compiling; all is well\n"


@BOTH
def test_training_is_asked_to_stop_and_a_second_signal_stops_at_once(number, signals, left, capfd):
    asked = []
    signals.enter("training", lambda: asked.append(1))
    assert not signals.asked()
    signals.receive(number)
    assert signals.asked()
    assert (asked, left, signals.status) == ([1], [], 128 + number)
    signals.receive(number)
    assert (asked, left) == ([1], [128 + number])
    assert capfd.readouterr().err == "gmbench: stopped immediately; repeat the command\n"


def test_a_signal_at_the_end_of_training_stops_the_next_stage(signals):
    signals.enter("training", lambda: None)
    signals.receive(signal.SIGTERM)
    with pytest.raises(Interrupted, match="stopped before evaluating; repeat the command"):
        signals.enter("evaluating")


def test_a_directory_that_is_gone_does_not_prevent_the_end(signals, left, capfd):
    def fail():
        raise OSError("gone")

    signals.describe(fail)
    signals.receive(signal.SIGINT)
    assert (left, capfd.readouterr().err) == ([130], "gmbench: stopped while starting\n")


WAITING = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
from gmbench.cli.interrupts import INTERRUPTS
INTERRUPTS.watch()
signal.raise_signal(int(sys.argv[1]))
time.sleep(60)
"""
"""A process that inherits signals which are ignored and blocked, as in a background job of a script."""


@BOTH
def test_signals_that_are_ignored_or_blocked_by_the_caller_stop_a_command(number, tmp_path):
    done = run_process([sys.executable, "-c", WAITING, str(int(number))], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (128 + number, "")
    assert done.stderr == "gmbench: stopped while starting; repeat the command\n"


def test_signals_are_left_to_the_system_when_the_command_has_ended(tmp_path):
    program = WAITING.replace("signal.raise_signal", "INTERRUPTS.finish(); signal.raise_signal")
    done = run_process([sys.executable, "-c", program, str(int(signal.SIGINT))], cwd=tmp_path)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


@pytest.mark.parametrize(
    "words",
    [["gmbench", "show", TASK, "--out", "x.png"], ["gmbench.cli.competence", TASK]],
    ids=["command", "standalone"],
)
@BOTH
def test_a_signal_during_the_import_is_one_sentence(number, words, tmp_path):
    # Importing the package that the command needs first sends the signal.
    (tmp_path / "tyro.py").write_text(
        f"import os, time\nos.kill(os.getpid(), {int(number)})\ntime.sleep(60)\n"
    )
    path = f"{tmp_path}:{ROOT}"
    done = run_process([*MODULE[:2], *words], cwd=tmp_path, variables={"PYTHONPATH": path})
    assert (done.returncode, done.stdout) == (128 + number, "")
    assert done.stderr == "gmbench: stopped while starting; repeat the command\n"
    assert not (tmp_path / "x.png").exists()


COMPUTING = {
    "drawing a picture": ("drawing", ["show", TASK, "--out", "levels.png"]),
    "playing the probes": ("starting", ["calibrate", TASK]),
}
"""Commands that store no run, and the stage that is named when they are stopped."""


@pytest.mark.parametrize("place", COMPUTING)
def test_a_command_that_stores_no_run_is_stopped_in_one_sentence(place, tmp_path):
    number = signal.SIGINT if place.endswith("picture") else signal.SIGTERM
    stage, words = COMPUTING[place]
    program = [sys.executable, "-m", "tests.disturbed", place, number.name]
    done = run_process([*program, *words], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (128 + number, "")
    assert done.stderr == f"gmbench: stopped while {stage}; repeat the command\n"
    assert not list(tmp_path.iterdir())


def test_the_library_leaves_signals_alone(tmp_path):
    program = (
        "import signal; before = [signal.getsignal(n) for n in (2, 15)]\n"
        "import gmbench, gmbench.runs.run, gmbench.reports.drawing, gmbench.cli.main\n"
        "assert [signal.getsignal(n) for n in (2, 15)] == before\n"
        "assert signal.set_wakeup_fd(-1) == -1"
    )
    done = run_process([sys.executable, "-c", program], cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@BOTH
def test_a_run_that_is_stopped_while_it_trains_says_how_to_resume(
    number, signals, left, tmp_path, monkeypatch, capsys
):
    def send(self, done, *_):
        if done == 2:
            signals.receive(number)

    monkeypatch.setattr("gmbench.cli.progress.ProgressLines.update", send)
    out = tmp_path / "run"
    with no_figures():
        assert main([*COMMAND, "--out", str(out)]) == 128 + number
    *_, announced, last = capsys.readouterr().err.splitlines()
    assert announced == "stopping as soon as the training is saved; a second signal stops immediately"
    assert last == f"gmbench: stopped and saved the training; resume with gmbench run --resume {out}"
    assert left == []
    checkpoint = max((out / training_checkpoints.TRAINING).glob("*-*"))
    assert checkpoint.name == "0000-000000002"
