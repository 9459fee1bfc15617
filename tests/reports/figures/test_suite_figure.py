"""The figure and the table of a suite."""

import warnings

import numpy as np
import pytest

from gmbench.benchmarks.scoring import MISGENERALIZED, SHARES
from gmbench.reports.figures import save_suite_figures
from gmbench.reports.figures.shares import suite_shares
from gmbench.reports.tables.scores import suite_table
from gmbench.runs.scores.suite import score_suite
from tests.made_up import make_result, make_task_scores
from tests.reports.figures.drawn import assert_nothing_is_cut_or_covered, bars, ticks


@pytest.fixture(scope="module")
def scores():
    """The scores of three tasks."""
    return make_task_scores()


def test_bars_are_the_shares_of_each_task_and_of_all_tasks(scores):
    suite = score_suite("made-up", scores)
    figure = suite_shares(suite)
    (axes,) = figure.axes
    rows = [*suite["tasks"].values(), suite["mean"]]
    expected = [[row["shares"][share]["mean"] for share in SHARES] for row in rows]
    np.testing.assert_allclose(bars(axes)[1][::-1], expected)  # Drawn from the top down.
    assert ticks(axes.yaxis) == [*scores, "mean of tasks"]
    assert figure.get_suptitle() == "made-up · ppo · 8 seeds each · alpha 0"


@pytest.mark.parametrize("count", [1, 14])
def test_nothing_is_cut_or_covered(scores, count):
    many = {f"instruct-v{number}": scores["a-v1"] for number in range(count)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_nothing_is_cut_or_covered(suite_shares(score_suite("made-up", many)))


def test_a_suite_without_intervals_has_a_table_and_a_figure(tmp_path):
    suite = score_suite("made-up", {"a-v1": make_result([MISGENERALIZED]).scores})
    assert suite_table(suite).row_count == 5
    assert len(save_suite_figures(suite, tmp_path)) == 2


def test_the_numbers_beside_the_bars_are_those_of_the_table(scores):
    suite = score_suite("made-up", scores)
    (axes,) = suite_shares(suite).axes
    table = suite_table(suite)
    columns = {column.header: list(column.cells) for column in table.columns}
    rows = len(scores) + 1
    for place, name in ((1.09, "K"), (1.23, "G")):
        drawn = {
            round(-text.xy[1]): text.get_text()
            for text in axes.texts
            if text.xy[0] == place and text.xy[1] <= 0
        }
        assert [float(drawn[row]) for row in range(rows)] == pytest.approx(
            [float(cell.split()[0]) for cell in columns[name][:rows]], abs=0.006
        )
