"""Sweeps: conditions side by side bring what each brings alone, in one table."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

import gmbench
from gmbench.runs.storage import results
from gmbench.cli.main import main
from gmbench.errors import Interrupted
from gmbench.reports.figures.sweep import draw_sweep
from gmbench.runs.run import run
from gmbench.runs.sweep import run_sweep
from gmbench.runs.callbacks import Watch
from tests.commands import refusal

TASK, TABLES = "ascent-v1", ("episodes.parquet", "goal_inference.parquet", "curves.parquet")
TINY = {"seeds": 3, "block": 2, "steps": 6_000}
COMMAND = ["sweep", TASK, *(word for name, value in TINY.items() for word in (f"--{name}", str(value)))]
DIALS = ["--alpha", "0", "1", "--levels", "64"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """The directory of a sweep."""
    out = tmp_path_factory.mktemp("sweeps") / "sweep"
    assert main([*COMMAND, *DIALS, "--out", str(out)]) == 0
    return out


def assert_same(one, other):
    for name in ("alpha-0_levels-64", "alpha-1_levels-64"):
        for table in TABLES:
            assert pq.read_table(one / name / table).equals(pq.read_table(other / name / table)), table
    assert pq.read_table(one / results.SWEEP_TABLE).equals(pq.read_table(other / results.SWEEP_TABLE))


def test_a_condition_is_what_a_run_of_it_alone_is(sweep, tmp_path):
    alone = run(TASK, alpha=1.0, levels=64, **TINY)
    of_sweep = results.read_run(sweep / "alpha-1_levels-64")
    for table in ("episodes", "goals", "curves"):
        one, other = getattr(alone, table), getattr(of_sweep, table)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name].astype(one[name].dtype))
    assert alone.scores["per_seed"] == of_sweep.scores["per_seed"]


def test_the_table_has_a_row_for_each_condition_and_seed(sweep):
    table = pq.read_table(sweep / results.SWEEP_TABLE).to_pydict()
    assert list(zip(table["alpha"], table["levels"], table["seed"], strict=True)) == [
        (alpha, 64, seed) for alpha in (0.0, 1.0) for seed in range(3)
    ]
    stored = json.loads((sweep / results.SWEEP).read_text())
    assert stored["status"] == "complete"
    of_one = stored["conditions"]["alpha-1_levels-64"]
    rows = [row for row, alpha in enumerate(table["alpha"]) if alpha == 1]
    assert of_one["shares"]["goal"]["mean"] == pytest.approx(np.mean([table["goal"][row] for row in rows]))
    assert sum(of_one["verdicts"].values()) == 3
    assert {path.name for path in (sweep / "figures").iterdir()} == {"sweep_alpha.png", "sweep_alpha.pdf"}


def test_an_interrupted_sweep_goes_on(sweep, tmp_path, capsys):
    out, stages = tmp_path / "sweep", []
    watch = Watch(stage=stages.append, stop=lambda: "evaluating" in stages)
    with pytest.raises(Interrupted, match="gmbench run --resume"):
        run_sweep(TASK, out=out, alpha=(0.0, 1.0), levels=(64,), **TINY, watch=watch)
    assert "go on with gmbench run --resume" in refusal(capsys, *COMMAND, "--out", out)
    gmbench.resume(out)
    assert_same(sweep, out)


def test_parts_of_a_sweep_are_put_together(sweep, tmp_path, capsys):
    parts = [tmp_path / str(part) for part in (1, 2)]
    for number, part in enumerate(parts, start=1):
        assert main([*COMMAND, *DIALS, "--part", f"{number}/2", "--out", str(part)]) == 0
    assert main(["merge", *map(str, parts), "--out", str(tmp_path / "whole")]) == 0
    assert_same(sweep, tmp_path / "whole")
    assert "parts are wanting" in refusal(capsys, "merge", parts[0], "--out", tmp_path / "other")
    assert "holds no sweep.json" in refusal(
        capsys, "merge", parts[0], parts[1] / "alpha-0_levels-64", "--out", tmp_path / "other"
    )


def test_a_sweep_is_scored_again(sweep):
    before = (sweep / results.SWEEP).read_text()
    assert main(["score", str(sweep)]) == 0
    assert (sweep / results.SWEEP).read_text() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--alpha", "0", "0"], "is there twice"),
        (["--alpha", "0", "2"], "alpha must lie between 0 and 1"),
        (["--levels", "64", "0"], "levels must be at least 1"),
    ],
)
def test_what_cannot_be_swept_is_named(arguments, message, tmp_path, capsys):
    out = tmp_path / "out"
    assert message in refusal(capsys, *COMMAND, *arguments, "--out", out)
    assert not out.exists()


def test_a_sweep_is_no_run(sweep, tmp_path, capsys):
    assert "holds a sweep" in refusal(capsys, "calibrate", TASK, "--run", sweep)
    assert "is complete" in refusal(capsys, "run", "--resume", sweep)
    assert "is not empty" in refusal(capsys, *COMMAND, "--out", sweep)
    (tmp_path / results.SWEEP).write_text("{")
    assert "cannot be read" in refusal(capsys, "run", "--resume", tmp_path)


def test_a_figure_has_a_column_for_each_value_of_the_other_dial():
    def condition(alpha, levels):
        estimate = {"mean": alpha, "low": 0.0, "high": 1.0}
        return {
            "alpha": alpha,
            "levels": levels,
            "algorithm": "ppo",
            "seeds": 4,
            "steps": 10,
            "capability": estimate,
            "goal_generalization": estimate,
            "capability_generalization": estimate,
            "verdicts": {
                "robust": 1, "goal misgeneralization": 3, "capability failure": 0, "untrained": 0
            },
        }  # fmt: skip

    conditions = {f"{a} {n}": condition(a, n) for n in (10, 100) for a in (0.0, 0.1, 1.0)}
    scores = {"task": TASK, "conditions": conditions}
    figure = draw_sweep(scores, "alpha", "levels")
    above, _, below, _ = figure.axes
    assert len(figure.axes) == 4
    np.testing.assert_array_equal(above.lines[0].get_ydata(), [0.0, 0.1, 1.0])
    assert [text.get_text() for text in below.get_xticklabels()] == ["0", "0.1", "1"]
    assert [bar.get_height() for bar in below.containers[0]] == [0.25] * 3
    assert len(draw_sweep(scores, "levels", "alpha").axes) == 6
