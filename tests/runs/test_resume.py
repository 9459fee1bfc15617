"""Resuming: a run that was interrupted at any moment ends with the same numbers as without interruption."""

import errno
import fcntl
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest

import gmbench
from gmbench.errors import Interrupted
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.storage import directories, parquet, training_checkpoints
from gmbench.runs.storage.files import write_sealed
from gmbench.runs.storage.training_checkpoints import LEARNERS, METRICS, TRAINING
from tests.commands import command_line, refusal, run_command
from tests.stored import change_sealed
from tests.tiny_runs import TASK, assert_same_results

pytestmark = pytest.mark.usefixtures("without_figures")
LONGER = {"seeds": 2, "steps": 60_000, "levels": 64}
"""Settings of a run of more than ten updates."""
COMMAND = command_line("run", TASK, **LONGER)
PROGRAM = """
import os, signal, sys, threading
from gmbench.cli.main import main
from gmbench.cli.progress import ProgressLines
from gmbench.reports import drawing
from gmbench.runs.storage import training_checkpoints

moment, delay = int(sys.argv[1]), float(sys.argv[2])
reports = 0

def killing(report):
    def count_and_report(*values):
        global reports
        reports += 1
        if reports == moment:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return report(*values)
    return count_and_report

ProgressLines.stage, ProgressLines.update = killing(ProgressLines.stage), killing(ProgressLines.update)
drawing.save_figures = drawing.save_showcase = lambda *_: None
training_checkpoints.SECONDS = 0.0  # A checkpoint after every update.
training_checkpoints.LARGEST_SHARE = float("inf")
sys.exit(main(sys.argv[3:]))
"""
"""Runs a command, and kills itself some seconds after a number of reports of its progress; at 0, never."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, without_figures):
    """The directory of a run that was not interrupted."""
    out = tmp_path_factory.mktemp("runs") / "uninterrupted"
    run_command(*COMMAND, "--out", out)
    return out


@pytest.fixture
def checkpoint_every_update(monkeypatch):
    monkeypatch.setattr(training_checkpoints, "SECONDS", 0.0)
    monkeypatch.setattr(training_checkpoints, "LARGEST_SHARE", float("inf"))


@pytest.fixture
def stopped(tmp_path, checkpoint_every_update):
    """The directory of a run that was stopped after three updates."""
    out, reports = tmp_path / "stopped", []
    callbacks = Callbacks(progress=lambda *report: reports.append(report), stop=lambda: len(reports) == 3)
    with pytest.raises(Interrupted, match="gmbench run --resume"):
        gmbench.run(TASK, out=out, **LONGER, callbacks=callbacks)
    return out


def last_checkpoint(out):
    return max((out / TRAINING).glob("*-*"))


def test_a_stopped_run_resumes_and_ends_with_the_same_numbers(stopped, uninterrupted):
    saved = sorted(path.name for path in (stopped / TRAINING).iterdir())
    assert saved == ["0000-000000002", "0000-000000003", "plan.json"]
    updates = []
    callbacks = Callbacks(progress=lambda done, *_: updates.append(done))
    result = gmbench.resume(stopped, callbacks=callbacks)
    assert updates[0] == 4
    assert_same_results(stopped, uninterrupted)
    assert result.manifest["status"] == "complete"
    assert not (stopped / TRAINING).exists()
    assert not list(stopped.glob(".*"))


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "kills", [pytest.param(2, marks=pytest.mark.slow), pytest.param(10, marks=pytest.mark.slow)]
)
def test_a_run_that_is_killed_several_times_ends_with_the_same_numbers(kills, uninterrupted, tmp_path):
    out, draw, saved = tmp_path / "killed", random.Random(3), []

    def start(moment, delay=0.0):
        # A run that was killed before it had written its manifest starts again.
        started = (out / "manifest.json").exists()
        command = ["run", "--resume", str(out)] if started else [*COMMAND, "--out", str(out)]
        program = [sys.executable, "-c", PROGRAM, str(moment), str(delay), *command]
        return subprocess.run(program, capture_output=True, text=True, check=False)

    for _ in range(kills):
        killed = start(draw.randint(1, 16), draw.uniform(0.0, 0.05))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        saved.append(max((path.name for path in (out / TRAINING).glob("*[0-9]")), default=""))
    assert saved == sorted(saved)
    assert len(set(saved)) > kills // 3
    last = start(0)
    assert last.returncode == 0, last.stderr
    assert_same_results(out, uninterrupted)


def test_a_run_stops_after_training_and_resumes_with_its_scores(tmp_path, uninterrupted):
    out, stages = tmp_path / "late", []
    callbacks = Callbacks(stage=stages.append, stop=lambda: "inferring goals" in stages)
    with pytest.raises(Interrupted):
        gmbench.run(TASK, out=out, **LONGER, callbacks=callbacks)
    stages.clear()
    gmbench.resume(out, callbacks=Callbacks(stage=stages.append))
    assert not {"training", "evaluating"} & set(stages)
    assert_same_results(out, uninterrupted)


def test_the_command_of_a_stopped_run_names_resume(stopped, capsys):
    message = refusal(capsys, *COMMAND, "--out", stopped)
    assert f"is not complete; resume it with gmbench run --resume {stopped}" in message


@pytest.mark.parametrize("arguments", [[], [TASK], [TASK, "--resume", "x"], ["--resume", "x", "--out", "y"]])
def test_a_command_either_starts_or_resumes_a_run(arguments, capsys):
    assert "or --resume DIR alone" in refusal(capsys, "run", *arguments)


def test_what_cannot_be_resumed_is_named(uninterrupted, tmp_path, capsys):
    assert "is complete" in refusal(capsys, "run", "--resume", uninterrupted)
    assert "there is no directory" in refusal(capsys, "run", "--resume", tmp_path / "none")
    assert "no manifest.json" in refusal(capsys, "run", "--resume", tmp_path)
    write_sealed(tmp_path / "manifest.json", {"status": "running", "task": TASK, "seeds": 2})
    assert "is damaged" in refusal(capsys, "run", "--resume", tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "edited", "missing"])
def test_a_damaged_checkpoint_is_named_and_an_earlier_one_is_used(damage, stopped, uninterrupted, capsys):
    last = last_checkpoint(stopped)
    file = last / LEARNERS
    content = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content if damage == "edited" else content[: len(content) // 2])
    assert f"the checkpoint {last} is damaged; remove it" in refusal(capsys, "run", "--resume", stopped)
    last.rename(last.with_name("damaged"))
    run_command("run", "--resume", stopped)
    assert_same_results(stopped, uninterrupted)


@pytest.mark.parametrize(
    ("name", "value"),
    [("config", {"learning_rate": 1.0}), ("files", {}), ("training_levels", "0"), ("versions", {"jax": "0"})],
)
def test_a_run_with_another_provenance_does_not_resume(name, value, stopped, capsys):
    change_sealed(stopped / "manifest.json", **{name: value})
    assert f"was started with other {name}" in refusal(capsys, "run", "--resume", stopped)
    assert last_checkpoint(stopped).name == "0000-000000003"


def test_two_processes_do_not_work_in_one_directory(stopped, capsys):
    with (stopped / directories.LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "another run is at work" in refusal(capsys, "run", "--resume", stopped)
    run_command("run", "--resume", stopped)


def test_a_full_disk_is_named_and_the_run_can_be_resumed(stopped, uninterrupted, monkeypatch, capsys):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(training_checkpoints, "write_arrays", fail)
        message = refusal(capsys, "run", "--resume", stopped)
    assert "No space left on device" in message
    assert f"make room, and resume with gmbench run --resume {stopped}" in message
    with monkeypatch.context() as patch:
        patch.setattr(parquet.pq, "write_table", fail)
        message = refusal(capsys, "run", "--resume", stopped)
    assert "episodes.parquet cannot be written (No space left" in message
    run_command("run", "--resume", stopped)
    assert_same_results(stopped, uninterrupted)


def test_a_checkpoint_has_the_metrics_of_every_update(stopped):
    with np.load(last_checkpoint(stopped) / METRICS) as stored:
        assert stored["metric_episodes"].shape == (3, 1, LONGER["seeds"])
        assert stored["seconds"] > 0


@pytest.mark.parametrize(("cost", "pause"), [(0.01, 5.0), (1.0, 50.0)])
def test_saving_takes_at_most_a_fiftieth_of_the_time(cost, pause, tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(training_checkpoints.time, "monotonic", lambda: clock[0])

    def save_slowly(path, fill):
        clock[0] += cost

    monkeypatch.setattr(training_checkpoints, "write_directory", save_slowly)
    checkpoints = training_checkpoints.TrainingCheckpoints(tmp_path, lambda: False)
    clock[0] = 4.9
    assert not checkpoints.due()
    clock[0] = 5.1
    assert checkpoints.due()
    checkpoints.save(training_checkpoints.TrainingState(1, [], (), 0.0))
    assert checkpoints.seconds == pytest.approx(cost)
    saved = clock[0]
    clock[0] = saved + pause - 0.1
    assert not checkpoints.due()
    clock[0] = saved + pause + 0.1
    assert checkpoints.due()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.EACCES])
def test_a_machine_that_cannot_read_a_checkpoint_does_not_call_it_damaged(
    number, stopped, monkeypatch, capsys
):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(training_checkpoints, "read_arrays", fail)
        message = refusal(capsys, "run", "--resume", stopped)
    assert os.strerror(number) in message
    assert "damaged" not in message
    assert last_checkpoint(stopped).exists()
