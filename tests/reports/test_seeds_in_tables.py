"""Tables of suites and sweeps: verdicts with their rates stand first, and means have numbers of seeds."""

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from gmbench.benchmarks.packs import load_references
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.scoring import DIVERGED, MISGENERALIZED, ROBUST, UNTRAINED, VERDICTS
from gmbench.benchmarks.statistics import wilson_rate
from gmbench.reports.tables.scores import headline, suite_table, sweep_scores_table
from gmbench.runs.scores.run import score
from gmbench.runs.scores.suite import score_suite
from gmbench.runs.scores.sweep import sweep_scores, sweep_table
from tests.made_up import make_result


@pytest.fixture(scope="module")
def some_diverged():
    """Ten seeds, of which two diverged, five misgeneralize, two are robust and one is untrained."""
    verdicts = [MISGENERALIZED] * 6 + [ROBUST] * 2 + [UNTRAINED] * 2
    made = make_result(verdicts)
    manifest = {**made.manifest, "diverged": [0, 9], "levels": 64}
    task = load_task("coinrun-v1")
    scores = score(manifest, made.episodes, made.goals, load_references(task), 0.5)
    return dataclasses.replace(made, manifest=manifest, scores=scores)


def cells(table):
    return {column.header: list(column.cells) for column in table.columns}


def printed(table):
    written = io.StringIO()
    Console(width=80, file=written).print(table)
    return written.getvalue()


def assert_rates_are_among_all_seeds(row, seeds):
    assert sum(row["verdicts"].values()) == seeds
    for verdict in VERDICTS:
        expected = wilson_rate(row["verdicts"][verdict], seeds)
        assert row["verdict_rates"][verdict] == dataclasses.asdict(expected)


def test_diverged_seeds_are_in_all_denominators_of_a_suite(some_diverged):
    one, other = some_diverged.scores, make_result([ROBUST] * 4).scores
    suite = score_suite("made-up", {"a-v1": one, "b-v1": other})
    assert_rates_are_among_all_seeds(suite["tasks"]["a-v1"], 10)
    assert_rates_are_among_all_seeds(suite["tasks"]["b-v1"], 4)
    assert_rates_are_among_all_seeds(suite, 14)
    assert suite["verdicts"][DIVERGED] == 2
    assert suite["tasks"]["a-v1"]["shares"]["goal"]["count"] == 8


def test_diverged_seeds_are_in_all_denominators_of_a_sweep(some_diverged):
    done = {"one": some_diverged}
    condition = sweep_scores("coinrun-v1", done)["conditions"]["one"]
    assert_rates_are_among_all_seeds(condition, 10)
    table = sweep_table(done)
    assert table["seed"].tolist() == list(range(10))
    for verdict, rate in condition["verdict_rates"].items():
        assert np.mean(table["verdict"] == verdict) == pytest.approx(rate["mean"])
    assert np.flatnonzero(np.isnan(table["goal"])).tolist() == [0, 9]


def test_verdicts_stand_first_and_every_mean_has_its_number_of_seeds(some_diverged):
    suite = score_suite("made-up", {"a-v1": some_diverged.scores})
    sweep = sweep_scores("coinrun-v1", {"one": some_diverged})
    for table, row, names in (
        (suite_table(suite), suite["tasks"]["a-v1"], 1),
        (sweep_scores_table(sweep), sweep["conditions"]["one"], 2),
    ):
        columns = cells(table)
        assert list(columns)[names : names + 2] == ["verdicts", "C"]
        rate = row["verdict_rates"][DIVERGED]
        assert f"2/10 diverged\n({rate['low']:.2f} to {rate['high']:.2f})" in columns["verdicts"][0]
        assert columns["C"][0].endswith("\n(8)")
        assert columns["goal"][0].endswith("\n(8)")
        for name, figure in (("K", "capability_generalization"), ("G", "goal_generalization")):
            assert columns[name][0].endswith(f"\n({row[figure]['count']})")
            assert row[figure]["count"] < 8  # The untrained seed has none.


def test_the_line_of_a_task_begins_with_its_verdicts(some_diverged):
    scores = some_diverged.scores
    line = headline(scores)
    first = next(verdict for verdict, count in scores["verdicts"].items() if count)
    assert line.startswith(f"coinrun-v1: {scores['verdicts'][first]} of 10 {first}")
    assert f"K {scores['capability_generalization']['mean']:.3f} (7)" in line


def test_no_number_is_cut_off_in_80_characters(some_diverged):
    suite = score_suite("made-up", {"monsters-v1": some_diverged.scores})
    sweep = sweep_scores("monsters-v1", {"one": some_diverged})
    for table in (suite_table(suite), sweep_scores_table(sweep)):
        text = printed(table)
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= 80
        assert f"{some_diverged.scores['shares']['proxy']['mean']:.3f}" in text
