"""Wrong input: every command answers with one sentence and status 2, and leaves no files behind."""

import pytest

import gmbench
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.suites import SUITES
from gmbench.cli.main import main
from gmbench.errors import UsageError
from tests.commands import refusal


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "coinrun-v9", "--out", "new"], "no task 'coinrun-v9'"),
        (["run", "coinrun-v1", "--out", "new", "--algorithm", "dqn"], "no algorithm 'dqn'"),
        (["run", "coinrun-v1", "--out", "new", "--algorithm", "no.where:it"], "cannot be imported"),
        (["run", "coinrun-v1", "--out", "new", "--algorithm", "json:dumps"], "cannot be made"),
        (["run", "coinrun-v1", "--out", "new", "--budget", "huge"], "no budget 'huge'"),
        (["run", "coinrun-v1", "--out", "new", "--seeds", "0"], "seeds must be at least 1"),
        (["run", "coinrun-v1", "--out", "new", "--steps", "-5"], "steps must be at least 1"),
        (["run", "coinrun-v1", "--out", "new", "--levels", "0"], "levels must be at least 1"),
        (["run", "coinrun-v1", "--out", "new", "--alpha", "1.5"], "alpha must lie between 0 and 1"),
        (["run", "coinrun-v1", "--out", "new", "--alpha", "nan"], "alpha must lie between 0 and 1"),
        (["score", "nowhere"], "no directory nowhere"),
        (["calibrate", "coinrun-v9"], "no task 'coinrun-v9'"),
        (["calibrate", "coinrun-v1", "--run", "nowhere"], "no directory nowhere"),
        (["show", "coinrun-v1", "--out", "a.jpg"], "should end in .png"),
        (["show", "coinrun-v1", "--out", "no/where/a.png"], "does not exist"),
        (["show", "coinrun-v1", "--out", "a.png", "--count", "0"], "count must be at least 1"),
        (["show", "coinrun-v1", "--out", "a.gif", "--first", "512"], "first must be at most 511"),
        (["show", "coinrun-v1", "--out", "a.png", "--first", "511"], "not among"),
        (["show", "coinrun-v1", "--out", "a.png", "--level", "no.txt"], "cannot be read"),
        (["show", "core-v1", "--out", "a.png"], "core-v1 is a suite, and this takes a task"),
        (["show", "core-v1", "--out", "a.gif"], "core-v1 is a suite, and this takes a task"),
        (["calibrate", "core-v1"], "core-v1 is a suite, and this takes a task"),
        (["speed", "core-v1"], "core-v1 is a suite, and this takes a task"),
    ],
)
def test_wrong_input_gets_one_sentence(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in refusal(capsys, *arguments)
    assert not list(tmp_path.iterdir()), "no files may be left behind"


@pytest.mark.parametrize(
    "arguments", [["run", "coinrun-v1", "--out", "x", "--sedes", "2"], ["list", "x"], []]
)
def test_a_command_that_cannot_be_parsed_has_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_an_unknown_name_gets_the_names_of_tasks_and_suites(capsys, tmp_path):
    message = refusal(capsys, "run", "something", "--out", tmp_path / "new")
    for name in (*TASKS, *SUITES):
        assert name in message
    with pytest.raises(UsageError, match="is a suite"):
        gmbench.make("core-v1")
    with pytest.raises(UsageError, match="no suite 'coinrun-v1'"):
        gmbench.run_suite("coinrun-v1")
    assert "no algorithm 'dqn'" in refusal(
        capsys, "run", "core-v1", "--algorithm", "dqn", "--out", tmp_path / "new"
    )
    assert not (tmp_path / "new").exists()
