"""The command ``gmbench score``."""

import json
import shutil

import numpy as np
import pytest

from gmbench.runs.storage.files import write_sealed
from gmbench.runs.storage.reading import read_run
from tests.commands import refusal, run_command
from tests.stored import STARTED, change_episodes, change_sealed


@pytest.fixture
def copy(tiny_run, tmp_path):
    """A copy of the tiny run, which a test may change."""
    return shutil.copytree(tiny_run, tmp_path / "copy")


def stored_scores(out):
    return json.loads((out / "scores.json").read_text())


def test_scores_are_computed_again_from_the_episodes(copy, capsys):
    before = stored_scores(copy)
    (copy / "scores.json").unlink()
    run_command("score", copy, "--json")
    assert json.loads(capsys.readouterr().out) == before
    assert stored_scores(copy) == before


def test_scores_follow_the_episodes(copy):
    table = dict(read_run(copy).episodes)
    shifted = table["pack"] == "shift"
    for goal, value in (("coin", 10.0), ("end", 0.0)):
        table[f"return_{goal}"] = np.where(shifted, np.float32(value), table[f"return_{goal}"])
    change_episodes(copy, table)
    run_command("score", copy)
    assert stored_scores(copy)["shares"]["goal"]["mean"] == pytest.approx(1.0)


def test_a_run_that_is_not_complete_or_is_damaged_is_named(copy, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    assert "no manifest.json" in refusal(capsys, "score", out)
    write_sealed(out / "manifest.json", STARTED)
    assert "is not complete" in refusal(capsys, "score", out)
    (out / "manifest.json").write_text("{")
    assert "cannot be read" in refusal(capsys, "score", out)
    (copy / "episodes.parquet").write_bytes((copy / "episodes.parquet").read_bytes()[:1000])
    assert "episodes.parquet is damaged" in refusal(capsys, "score", copy)


def test_a_run_on_other_packs_is_not_scored(copy, capsys):
    files = json.loads((copy / "manifest.json").read_text())["files"]
    change_sealed(copy / "manifest.json", files={**files, "shift.npz": "0" * 64})
    assert "other packs" in refusal(capsys, "score", copy)
