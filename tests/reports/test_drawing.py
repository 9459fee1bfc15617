"""Drawing: a result is complete before its figures are drawn, and stays complete if they cannot be."""

import dataclasses
import errno
import json
import os
import shutil

import pytest

from gmbench.reports import drawing
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.storage.reading import read_run
from tests.commands import command_line, refusal, run_command
from tests.tiny_runs import TASK

COMMAND = command_line("run", TASK, seeds=2, steps=6_000, levels=64)


@pytest.fixture
def full_disk(monkeypatch):
    """Makes drawing fail after the first file, and collects the status of the run at that moment."""
    statuses = []

    def fail(result, folder):
        statuses.append(json.loads((result.out / "manifest.json").read_text())["status"])
        (folder / "first.png").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(drawing, "save_figures", fail)
    return statuses


def test_a_run_whose_figures_cannot_be_written_is_complete(full_disk, tmp_path, capsys):
    out = tmp_path / "run"
    run_command(*COMMAND, "--out", out)
    assert full_disk == ["complete"]
    message, last = capsys.readouterr().err.splitlines()[-2:]
    assert f"the results in {out} are complete, but their figures are missing" in message
    assert "No space left on device" in message
    assert message.endswith(f"gmbench score {out} draws them")
    assert last == f"results are in {out}"
    assert not list(out.glob("figures*"))
    assert read_run(out).manifest["status"] == "complete"
    assert "is complete" in refusal(capsys, "run", "--resume", out)
    run_command("score", out)
    assert read_run(out).scores["task"] == TASK


def test_figures_that_were_drawn_before_stay(full_disk, tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    before = {path: path.read_bytes() for path in (copy / "figures").iterdir()}
    with pytest.warns(UserWarning, match="their figures are missing"):
        drawing.draw(read_run(copy), Callbacks())
    assert {path: path.read_bytes() for path in (copy / "figures").iterdir()} == before


@pytest.mark.parametrize("missing", ["out", "scores"])
def test_nothing_is_drawn_without_a_directory_or_scores(missing, tiny_run, monkeypatch):
    stages = []
    result = dataclasses.replace(read_run(tiny_run), **{missing: None if missing == "out" else {}})
    drawing.draw(result, Callbacks(stage=stages.append))
    assert not stages
