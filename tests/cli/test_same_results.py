"""The command that compares two directories of results."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from gmbench.cli.same_results import compare
from gmbench.errors import UsageError
from gmbench.runs.storage.files import write_json
from gmbench.runs.storage.parquet import write_table

EPISODES = {
    "seed": np.array([0, 0, 1], np.int32),
    "first": np.array(["coin", "none", "end"]),
    "return_coin": np.array([10.0, 0.0, np.nan], np.float32),
}


@pytest.fixture
def one(tmp_path):
    """A directory with results of one run."""
    run = tmp_path / "one" / "run"
    (run / "checkpoint").mkdir(parents=True)
    (run / "figures").mkdir()
    write_table(run / "episodes.parquet", EPISODES)
    write_json(run / "scores.json", {"shares": {"goal": {"mean": 0.25}}, "verdicts": [1, 2]})
    write_json(run / "manifest.json", {"status": "complete", "seconds": {"train": 1.5}})
    (run / "figures" / "shares.pdf").write_bytes(b"%PDF-1")
    (run / "checkpoint" / "metadata").write_text("written at noon")
    return tmp_path / "one"


@pytest.fixture
def other(one, tmp_path):
    """A copy of these results, which a test may change."""
    return shutil.copytree(one, tmp_path / "other")


def differences(one, other, capsys):
    """Returns the lines that the command prints before it fails."""
    with pytest.raises(UsageError, match=r"differ in \d+ places"):
        compare(one, other)
    return capsys.readouterr().out.splitlines()


def test_equal_results_are_the_same(one, other, capsys):
    compare(one, other)
    assert capsys.readouterr().out == f"{one} and {other} hold the same results\n"


def test_seconds_and_checkpoints_are_not_compared(one, other, capsys):
    write_json(other / "run" / "manifest.json", {"status": "complete", "seconds": {"train": 2.5, "all": 3.0}})
    (other / "run" / "checkpoint" / "metadata").write_text("written at midnight")
    (other / "run" / "checkpoint" / "more").write_text("")
    compare(one, other)
    assert "hold the same results" in capsys.readouterr().out


@pytest.mark.parametrize("column", EPISODES)
def test_a_changed_value_of_a_table_names_its_column(column, one, other, capsys):
    changed = EPISODES[column].copy()
    changed[0] = "end" if column == "first" else 7
    write_table(other / "run" / "episodes.parquet", {**EPISODES, column: changed})
    assert differences(one, other, capsys) == [f"run/episodes.parquet: column {column}"]


def test_another_type_or_other_columns_of_a_table_are_differences(one, other, capsys):
    path = other / "run" / "episodes.parquet"
    write_table(path, {**EPISODES, "seed": EPISODES["seed"].astype(np.int64)})
    assert differences(one, other, capsys) == ["run/episodes.parquet: column seed"]
    write_table(path, {"seed": EPISODES["seed"]})
    assert differences(one, other, capsys) == [
        "run/episodes.parquet: columns seed, first, return_coin and seed"
    ]


def test_a_changed_score_names_its_place(one, other, capsys):
    write_json(other / "run" / "scores.json", {"shares": {"goal": {"mean": 0.5}}, "verdicts": [1, 2]})
    assert differences(one, other, capsys) == ["run/scores.json: /shares/goal/mean is 0.25 and 0.5"]
    write_json(other / "run" / "scores.json", {"shares": {}, "verdicts": [1, 3]})
    assert differences(one, other, capsys) == [
        "run/scores.json: /shares/goal is {'mean': 0.25} and 'nothing'",
        "run/scores.json: /verdicts is [1, 2] and [1, 3]",
    ]


def test_an_undefined_score_differs_from_a_missing_one(one, other, capsys):
    write_json(one / "run" / "scores.json", {"mean": float("nan")})
    write_json(other / "run" / "scores.json", {})
    assert differences(one, other, capsys) == ["run/scores.json: /mean is None and 'nothing'"]


def test_a_damaged_file_gets_one_sentence(one, other):
    (other / "run" / "scores.json").write_text("{")
    with pytest.raises(UsageError, match=r"scores\.json cannot be read"):
        compare(one, other)


def test_other_bytes_of_a_figure_are_a_difference(one, other, capsys):
    (other / "run" / "figures" / "shares.pdf").write_bytes(b"%PDF-2")
    assert differences(one, other, capsys) == ["run/figures/shares.pdf: other bytes"]


def test_a_missing_file_is_named_with_the_directory_that_has_it(one, other, capsys):
    (other / "run" / "scores.json").unlink()
    (other / "new.txt").write_text("")
    assert differences(one, other, capsys) == [
        f"new.txt: only in {other}",
        f"run/scores.json: only in {one}",
    ]


def test_wrong_input_gets_one_sentence(one):
    def run(*arguments):
        command = [sys.executable, "-m", "gmbench.cli.same_results", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    refused = run(one, one / "nowhere")
    assert refused.returncode == 2
    assert refused.stderr == (
        f"gmbench.cli.same_results: there is no directory {one / 'nowhere'}; "
        "give two directories of results\n"
    )
    assert run(one).returncode == 2
