"""Interruptions: whatever stops a run, it goes on where it was kept and ends with the same numbers."""

import errno
import fcntl
import json
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

import gmbench
from gmbench.runs.storage import training_checkpoints as keeping, results
from gmbench.cli.main import main
from gmbench.errors import Interrupted
from gmbench.cli.interrupts import patient
from gmbench.runs.run import run
from gmbench.runs.callbacks import Watch
from tests.commands import refusal

pytestmark = pytest.mark.usefixtures("without_pictures")
TASK, TABLES = "ascent-v1", ("episodes.parquet", "goal_inference.parquet", "curves.parquet")
TINY = {"seeds": 2, "steps": 60_000, "levels": 64}
COMMAND = ["run", TASK, *(word for name, value in TINY.items() for word in (f"--{name}", str(value)))]
PROGRAM = """
import os, signal, sys, threading
from gmbench import figures, keeping, runner
from gmbench.cli import main
from gmbench.progress import Progress

moment, delay = int(sys.argv[1]), float(sys.argv[2])
told = 0

def noted(tell):
    def note(*what):
        global told
        told += 1
        if told == moment:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return tell(*what)
    return note

Progress.stage, Progress.update = noted(Progress.stage), noted(Progress.update)
figures.save_figures = runner.save_showcase = lambda *_: None
keeping.SECONDS = 0.0  # Every update is kept.
sys.exit(main(sys.argv[3:]))
"""
"""Kills itself so many seconds after it has told of its progress for so many times; at 0, never."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory, without_pictures):
    """The directory of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    assert main([*COMMAND, "--out", str(out)]) == 0
    return out


@pytest.fixture
def every_update(monkeypatch):
    monkeypatch.setattr(keeping, "SECONDS", 0.0)


@pytest.fixture
def stopped(tmp_path, every_update):
    """The directory of a run that was stopped after three updates."""
    out, done = tmp_path / "stopped", []
    watch = Watch(progress=lambda *told: done.append(told), stop=lambda: len(done) == 3)
    with pytest.raises(Interrupted, match="gmbench run --resume"):
        run(TASK, out=out, **TINY, watch=watch)
    return out


def assert_same(one, other):
    for name in TABLES:
        assert pq.read_table(one / name).equals(pq.read_table(other / name)), name
    assert (one / "scores.json").read_text() == (other / "scores.json").read_text()


def last_checkpoint(out):
    return max((out / keeping.TRAINING).glob("*-*"))


def test_a_stopped_run_goes_on_and_ends_with_the_same_numbers(stopped, whole):
    kept = sorted(path.name for path in (stopped / keeping.TRAINING).iterdir())
    assert kept == ["0000-000000002", "0000-000000003", "plan.json"]
    updates = []
    result = gmbench.resume(stopped, watch=Watch(progress=lambda done, *_: updates.append(done)))
    assert updates[0] == 4
    assert_same(stopped, whole)
    assert result.manifest["status"] == "complete"
    assert not (stopped / keeping.TRAINING).exists()
    assert not list(stopped.glob(".*"))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_numbers(kills, whole, tmp_path):
    out, draw, kept = tmp_path / "killed", random.Random(3), []

    def start(out, moment, delay=0.0):
        # One that was killed before it had written anything is begun anew.
        begun = (out / "manifest.json").exists()
        command = ["run", "--resume", str(out)] if begun else [*COMMAND, "--out", str(out)]
        program = [sys.executable, "-c", PROGRAM, str(moment), str(delay), *command]
        return subprocess.run(program, capture_output=True, text=True, check=False)

    for _ in range(kills):
        killed = start(out, draw.randint(1, 16), draw.uniform(0.0, 0.05))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        kept.append(max((path.name for path in (out / keeping.TRAINING).glob("*[0-9]")), default=""))
    assert kept == sorted(kept)
    assert len(set(kept)) > kills // 3
    last = start(out, 0)
    assert last.returncode == 0, last.stderr
    assert_same(out, whole)


def test_the_plain_command_asks_for_resume(stopped, capsys):
    message = refusal(capsys, *COMMAND, "--out", stopped)
    assert f"was not finished; go on with gmbench run --resume {stopped}" in message


@pytest.mark.parametrize("arguments", [[], [TASK], [TASK, "--resume", "x"], ["--resume", "x", "--out", "y"]])
def test_a_run_is_either_begun_or_taken_up_again(arguments, capsys):
    assert "or --resume DIR alone" in refusal(capsys, "run", *arguments)


def test_what_cannot_be_taken_up_is_named(whole, tmp_path, capsys):
    assert "is complete" in refusal(capsys, "run", "--resume", whole)
    assert "there is no directory" in refusal(capsys, "run", "--resume", tmp_path / "none")
    assert "no manifest.json" in refusal(capsys, "run", "--resume", tmp_path)
    results.write_json(tmp_path / "manifest.json", {"status": "running", "task": TASK})
    assert "is damaged" in refusal(capsys, "run", "--resume", tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "edited", "missing"])
def test_a_damaged_checkpoint_is_named_and_an_earlier_one_serves(damage, stopped, whole, capsys):
    last = last_checkpoint(stopped)
    file = last / keeping.LEARNERS
    content = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content if damage == "edited" else content[: len(content) // 2])
    assert f"the checkpoint {last} is damaged; remove it" in refusal(capsys, "run", "--resume", stopped)
    last.rename(last.with_name("damaged"))
    assert main(["run", "--resume", str(stopped)]) == 0
    assert_same(stopped, whole)


@pytest.mark.parametrize(
    ("name", "value"),
    [("config", {"learning_rate": 1.0}), ("files", {}), ("training_levels", "0"), ("versions", {"jax": "0"})],
)
def test_a_run_does_not_go_on_in_other_circumstances(name, value, stopped, capsys):
    manifest = json.loads((stopped / "manifest.json").read_text())
    results.write_json(stopped / "manifest.json", {**manifest, name: value})
    assert f"begun with other {name}" in refusal(capsys, "run", "--resume", stopped)
    assert last_checkpoint(stopped).name == "0000-000000003"


def test_two_runs_do_not_share_a_directory(stopped, capsys):
    with (stopped / results.LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "another run is at work" in refusal(capsys, "run", "--resume", stopped)
    assert main(["run", "--resume", str(stopped)]) == 0


def test_a_full_disk_is_named_and_what_was_kept_stays(stopped, whole, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "write_arrays", full)
        message = refusal(capsys, "run", "--resume", stopped)
    assert "No space left on device" in message
    assert f"make room, and go on with gmbench run --resume {stopped}" in message
    with monkeypatch.context() as patch:
        patch.setattr(results.pq, "write_table", full)
        assert "episodes.parquet cannot be written (No space left" in refusal(
            capsys, "run", "--resume", stopped
        )
    assert main(["run", "--resume", str(stopped)]) == 0
    assert_same(stopped, whole)


def test_a_run_may_stop_after_training(tmp_path, whole):
    out, stages = tmp_path / "late", []
    watch = Watch(stage=stages.append, stop=lambda: "inferring goals" in stages)
    with pytest.raises(Interrupted):
        run(TASK, out=out, **TINY, watch=watch)
    stages.clear()
    gmbench.resume(out, watch=Watch(stage=stages.append))
    assert not {"training", "evaluating"} & set(stages)
    assert_same(out, whole)


def test_the_first_interrupt_is_noted_and_the_second_interrupts():
    notes = []
    with patient(lambda: notes.append(1)) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert notes == [1]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_interrupted_command_says_how_to_go_on(tmp_path, every_update, monkeypatch, capsys):
    pressed = []

    def press(self, done, *_):
        if done == 2 and not pressed:
            pressed.append(done)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("gmbench.cli.progress.Progress.update", press)
    assert main([*COMMAND, "--out", str(tmp_path / "run")]) == 130
    told = capsys.readouterr().err
    assert "stopping as soon as nothing is lost" in told
    assert f"gmbench run --resume {tmp_path / 'run'}" in told
    assert last_checkpoint(tmp_path / "run").name == "0000-000000002"


def test_metrics_come_back_as_they_were(stopped):
    with np.load(last_checkpoint(stopped) / keeping.METRICS) as stored:
        assert stored["metric_episodes"].shape == (3, 1, TINY["seeds"])
        assert stored["seconds"] > 0
