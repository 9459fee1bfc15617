import signal

import pytest

from gmbench.cli.interrupts import stopping_at_ctrl_c
from gmbench.cli.main import main
from gmbench.runs.storage import training_checkpoints
from tests.commands import command_line
from tests.tiny_runs import TASK, no_figures

COMMAND = command_line("run", TASK, seeds=2, steps=60_000, levels=64)


def test_the_first_ctrl_c_is_reported_and_the_second_interrupts():
    notes = []
    with stopping_at_ctrl_c(lambda: notes.append(1)) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert notes == [1]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_interrupted_command_says_how_to_resume(tmp_path, monkeypatch, capsys):
    pressed = []

    def press(self, done, *_):
        if done == 2 and not pressed:
            pressed.append(done)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(training_checkpoints, "SECONDS", 0.0)
    monkeypatch.setattr("gmbench.cli.progress.Progress.update", press)
    out = tmp_path / "run"
    with no_figures():
        assert main([*COMMAND, "--out", str(out)]) == 130
    printed = capsys.readouterr().err
    assert "stopping after a checkpoint is saved" in printed
    assert f"gmbench run --resume {out}" in printed
    last = max((out / training_checkpoints.TRAINING).glob("*-*"))
    assert last.name == "0000-000000002"
