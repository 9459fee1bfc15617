"""A number that stands in a table and in a figure is the same number, under the same name."""

import pytest

from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED, ROBUST
from gmbench.reports.figures.goal_inference import goal_inference
from gmbench.reports.figures.outcomes import pack_outcomes
from gmbench.reports.figures.plane import generalization_plane
from gmbench.reports.figures.shares import three_shares
from gmbench.reports.tables.scores import INFERENCE_NOTE, score_table
from tests.made_up import make_result
from tests.reports.figures.drawn import all_labelled, bars, labelled, panel

ROUNDED = 0.0006
"""The largest difference of a number and the same number with three decimals."""


@pytest.fixture(scope="module")
def result():
    return make_result([MISGENERALIZED] * 5 + [ROBUST] * 2 + [INCAPABLE])


@pytest.fixture(scope="module")
def table(result):
    """The mean in each row of the printed table, by its label."""
    names, means, *_ = (list(column.cells) for column in score_table(result.scores).columns)
    return {name: float(mean) for name, mean in zip(names, means, strict=True)}


def test_the_levels_explained(result, table):
    figure = goal_inference(result)
    drawn = bars(panel(figure, "means"))[1][0]  # The lowest bar is that of shift.
    names = ("coin", "end", "no goal")
    expected = [table[f"levels explained by {name}, shift"] for name in names]
    assert drawn == pytest.approx(expected, abs=ROUNDED)
    assert panel(figure, "seeds").get_xlabel() == "fraction of levels explained"
    assert INFERENCE_NOTE in score_table(result.scores).caption


def test_the_directedness(result, table):
    axes = panel(goal_inference(result), "directedness")
    drawn = [float(x[0]) for x, _ in all_labelled(axes, "mean")][-2:]
    assert drawn == pytest.approx(
        [table[f"directedness at {goal}, shift (nats)"] for goal in ("coin", "end")], abs=ROUNDED
    )


def test_the_shares(result, table):
    drawn = bars(panel(three_shares(result), "means"))[1][1]  # The upper bar is that of shift.
    assert drawn == pytest.approx(
        [table[f"{share} share, shift"] for share in ("goal", "proxy", "neither")], abs=ROUNDED
    )


def test_k_and_g(result, table):
    plane = panel(generalization_plane(result), "plane")
    k, g = labelled(plane, "mean")
    assert float(k[0]) == pytest.approx(table["capability generalization K"], abs=ROUNDED)
    assert float(g[0]) == pytest.approx(table["goal generalization G"], abs=ROUNDED)


def test_the_outcomes_are_those_of_the_scores(result):
    (axes,) = pack_outcomes(result).axes
    first = result.scores["packs"]["iid"]["first"]
    assert bars(axes)[1][-1] == pytest.approx([first[name]["mean"] for name in ("coin", "end", "none")])
