"""Distributed runs: a directory with something else is refused, and nothing in it is removed."""

import shutil

import jax
import pytest

from tests.commands import command_line, refusal
from tests.stored import change_sealed
from tests.tiny_runs import SMALLEST, TASK

SAME = {**SMALLEST, "block": 1}


@pytest.fixture
def two_processes(monkeypatch):
    """This process takes itself for the first of two."""
    monkeypatch.setattr(jax.distributed, "initialize", lambda *_: None)
    monkeypatch.setattr(jax.distributed, "shutdown", lambda: None)
    monkeypatch.setattr(jax, "process_index", lambda: 0)
    monkeypatch.setattr(jax, "process_count", lambda: 2)


@pytest.fixture
def out(tiny_parts, tmp_path):
    """A directory with both parts of a run, as two processes leave it that are stopped before they merge."""
    for number in (1, 2):
        shutil.copytree(tiny_parts / str(number), tmp_path / "out" / f"part-{number}-of-2")
    return tmp_path / "out"


def refused(capsys, out, *words, task=TASK, **settings):
    """Runs the distributed command, checks that nothing changes, and returns the sentence that refuses it."""
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    message = refusal(capsys, *command_line("run", task, **settings), *words, "--distributed", "--out", out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    return message


@pytest.mark.parametrize(
    ("changes", "name"), [({"steps": 100_000}, "steps"), ({"levels": 65}, "levels"), ({"seeds": 3}, "seeds")]
)
def test_parts_of_other_settings_are_refused(changes, name, out, two_processes, capsys):
    assert f"part-1-of-2 holds a run with other {name}" in refused(capsys, out, **{**SAME, **changes})


def test_parts_of_another_task_or_alpha_are_refused(out, two_processes, capsys):
    assert "holds a run with other task" in refused(capsys, out, task="gem-v1", **SAME)
    assert "holds a run with other alpha" in refused(capsys, out, "--alpha", "0.5", **SAME)


def test_an_interrupted_part_of_other_settings_is_refused(out, two_processes, capsys):
    change_sealed(out / "part-1-of-2" / "manifest.json", status="running", steps=SAME["steps"])
    assert "holds a run with other steps" in refused(capsys, out, **{**SAME, "steps": 5000})


def test_a_part_of_another_run_beside_the_own_is_refused(out, two_processes, capsys):
    change_sealed(out / "part-2-of-2" / "manifest.json", levels=65)
    assert "part-2-of-2 holds a run with other levels" in refused(capsys, out, **SAME)


def test_parts_of_another_number_of_processes_are_refused(out, two_processes, capsys):
    (out / "part-1-of-2").rename(out / "part-1-of-3")
    assert "another number of processes than 2" in refused(capsys, out, **SAME)


def test_a_complete_run_is_not_run_again(out, whole, two_processes, capsys):
    shutil.copyfile(whole / "manifest.json", out / "manifest.json")
    assert "is complete" in refused(capsys, out, **SAME)


def test_a_directory_of_something_else_is_left_alone(tmp_path, two_processes, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "is not empty" in refused(capsys, tmp_path, **SAME)
