"""What a message about an unknown name says: the name that was meant, or all names."""

import pytest

import gmbench
from gmbench.cli.main import main
from gmbench.errors import UsageError, hint
from tests.commands import refusal


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("corner-v2", "did you mean corner-v1?"),
        ("CORNER-V1", "did you mean corner-v1?"),
        ("coinrun", "did you mean coinrun-v1?"),
        ("something", "there are two"),
        ("", "there are two"),
    ],
)
def test_a_hint_names_what_was_meant_or_what_there_is(name, expected):
    assert hint(name, ["coinrun-v1", "corner-v1"], "there are two") == expected


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "corner-v2"], "there is no task 'corner-v2'; did you mean corner-v1?"),
        (["run", "core-v2"], "there is no task 'core-v2'; did you mean core-v1?"),
        (["run", "corner-v1", "--algorithm", "ppo_rnn"], "no algorithm 'ppo_rnn'; did you mean ppo-rnn?"),
        (["run", "corner-v1", "--budget", "quik"], "no budget 'quik'; did you mean quick?"),
        (["show", "corner"], "there is no task 'corner'; did you mean corner-v1?"),
        (["rn", "corner-v1"], "there is no command 'rn'; did you mean run?"),
        (["fly"], "there is no command 'fly'; the commands are list, show, run"),
    ],
)
def test_a_command_says_what_was_meant(arguments, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = [] if len(arguments) == 1 else ["--out", "a.png"]
    assert sentence in refusal(capsys, *arguments, *out)


def test_an_option_that_does_not_exist_is_answered_with_a_similar_one(capsys):
    with pytest.raises(SystemExit):
        main(["run", "corner-v1", "--algoritm", "ppo"])
    assert "--algorithm" in capsys.readouterr().err


def test_a_suite_that_was_meant_is_named():
    with pytest.raises(UsageError, match="no suite 'core-v2'; did you mean core-v1"):
        gmbench.run_suite("core-v2")
    with pytest.raises(UsageError, match="no suite 'coinrun-v1'; it is a task, and the suites are core-v1"):
        gmbench.run_suite("coinrun-v1")
