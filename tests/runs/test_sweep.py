"""Sweeps: conditions that train together get the same results as each alone, and one table."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

import gmbench
from gmbench.errors import Interrupted
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.storage.files import to_json_types
from gmbench.runs.storage.manifests import SWEEP
from gmbench.runs.storage.reading import read_run
from gmbench.runs.sweep import SWEEP_TABLE
from tests.commands import command_line, refusal, run_command
from tests.tiny_runs import TASK, assert_same_tables

TINY = {"seeds": 3, "block": 2, "steps": 6_000}
COMMAND = command_line("sweep", TASK, **TINY)
CONDITIONS = ["--alpha", "0", "1", "--levels", "64"]
NAMES = ("alpha-0_levels-64", "alpha-1_levels-64")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """The directory of a sweep."""
    out = tmp_path_factory.mktemp("sweeps") / "sweep"
    run_command(*COMMAND, *CONDITIONS, "--out", out)
    return out


def assert_same_sweeps(one, other):
    for name in NAMES:
        assert_same_tables(one / name, other / name)
    assert_same_tables(one, other, [SWEEP_TABLE])


def test_a_condition_has_the_results_of_a_run_of_it_alone(sweep):
    alone = gmbench.run(TASK, alpha=1.0, levels=64, **TINY)
    condition = read_run(sweep / "alpha-1_levels-64")
    for table in ("episodes", "goals", "curves"):
        one, other = getattr(alone, table), getattr(condition, table)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name].astype(one[name].dtype))
    assert to_json_types(alone.scores["per_seed"]) == to_json_types(condition.scores["per_seed"])


def test_the_table_has_a_row_for_each_condition_and_seed(sweep):
    table = pq.read_table(sweep / SWEEP_TABLE).to_pydict()
    assert list(zip(table["alpha"], table["levels"], table["seed"], strict=True)) == [
        (alpha, 64, seed) for alpha in (0.0, 1.0) for seed in range(3)
    ]
    stored = json.loads((sweep / SWEEP).read_text())
    assert stored["status"] == "complete"
    condition = stored["conditions"]["alpha-1_levels-64"]
    rows = [row for row, alpha in enumerate(table["alpha"]) if alpha == 1]
    assert condition["shares"]["goal"]["mean"] == pytest.approx(np.mean([table["goal"][row] for row in rows]))
    assert sum(condition["verdicts"].values()) == 3
    assert {path.name for path in (sweep / "figures").iterdir()} == {"sweep_alpha.png", "sweep_alpha.pdf"}


def test_an_interrupted_sweep_resumes(sweep, tmp_path, capsys):
    out, stages = tmp_path / "sweep", []
    callbacks = Callbacks(stage=stages.append, stop=lambda: "evaluating" in stages)
    with pytest.raises(Interrupted, match="gmbench run --resume"):
        gmbench.run_sweep(TASK, out=out, alpha=(0.0, 1.0), levels=(64,), **TINY, callbacks=callbacks)
    assert "resume it with gmbench run --resume" in refusal(capsys, *COMMAND, "--out", out)
    gmbench.resume(out)
    assert_same_sweeps(sweep, out)


def test_merged_parts_of_a_sweep_equal_the_whole_sweep(sweep, tmp_path, capsys):
    parts = [tmp_path / str(part) for part in (1, 2)]
    for number, part in enumerate(parts, start=1):
        run_command(*COMMAND, *CONDITIONS, "--part", f"{number}/2", "--out", part)
    run_command("merge", *parts, "--out", tmp_path / "whole")
    assert_same_sweeps(sweep, tmp_path / "whole")
    assert "parts are missing" in refusal(capsys, "merge", parts[0], "--out", tmp_path / "other")
    assert "holds no sweep.json" in refusal(
        capsys, "merge", parts[0], parts[1] / "alpha-0_levels-64", "--out", tmp_path / "other"
    )


def test_scoring_a_sweep_again_changes_nothing(sweep):
    before = (sweep / SWEEP).read_text()
    run_command("score", sweep)
    assert (sweep / SWEEP).read_text() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--alpha", "0", "0"], "is there twice"),
        (["--alpha", "0", "2"], "alpha must lie between 0 and 1"),
        (["--levels", "64", "0"], "levels must be at least 1"),
    ],
)
def test_wrong_conditions_are_refused(arguments, message, tmp_path, capsys):
    out = tmp_path / "out"
    assert message in refusal(capsys, *COMMAND, *arguments, "--out", out)
    assert not out.exists()


def test_a_sweep_is_not_used_as_a_run(sweep, tmp_path, capsys):
    assert "holds a sweep" in refusal(capsys, "calibrate", TASK, "--run", sweep)
    assert "is complete" in refusal(capsys, "run", "--resume", sweep)
    assert "is not empty" in refusal(capsys, *COMMAND, "--out", sweep)
    (tmp_path / SWEEP).write_text("{")
    assert "cannot be read" in refusal(capsys, "run", "--resume", tmp_path)
