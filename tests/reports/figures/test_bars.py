"""The figures of the three shares and of the outcomes of the packs."""

import numpy as np
import pytest

from gmbench.reports.figures.bars import LEAST_BETWEEN, LISTED_SEEDS
from gmbench.reports.figures.outcomes import pack_outcomes
from gmbench.reports.figures.shares import SHARES, three_shares
from tests.reports.figures.drawn import areas, bars, has_line, panel, texts, ticks


def test_bars_of_few_seeds_are_their_shares_in_order(few):
    axes = panel(three_shares(few), "seeds")
    left, width = bars(axes)
    np.testing.assert_allclose(width.sum(axis=1), 1)
    np.testing.assert_allclose(left, np.cumsum(width, axis=1) - width, atol=1e-12)
    assert (np.diff(width[:, 0]) >= 0).all()
    names = ticks(axes.yaxis)
    shares = {f"seed {seed['seed']}": seed["shares"] for seed in few.scores["per_seed"]}
    assert sorted(names) == sorted(shares)
    np.testing.assert_allclose(width, [[shares[name][part] for part in SHARES] for name in names], atol=1e-12)


def test_areas_of_many_seeds_are_their_shares_in_order(many):
    assert len(many.scores["per_seed"]) > LISTED_SEEDS
    left, width = areas(panel(three_shares(many), "seeds"))
    np.testing.assert_allclose(width.sum(axis=1), 1)
    np.testing.assert_allclose(left, np.cumsum(width, axis=1) - width, atol=1e-12)
    shares = [[seed["shares"][part] for part in SHARES] for seed in many.scores["per_seed"]]
    np.testing.assert_allclose(width, sorted(shares), atol=1e-12)


def test_mean_bars_are_the_scores_of_both_shifted_packs(few):
    axes = panel(three_shares(few), "means")
    both = (few.scores["hard"]["shift"]["shares"], few.scores["shares"])
    np.testing.assert_allclose(bars(axes)[1], [[shares[part]["mean"] for part in SHARES] for shares in both])
    assert ticks(axes.yaxis) == ["shift", "hard shift"]
    assert axes.get_yticks().tolist() == [0, -1]


def test_whiskers_are_the_intervals_at_the_ends_of_the_shares(few):
    axes = panel(three_shares(few), "means")
    for shares in (few.scores["shares"], few.scores["hard"]["shift"]["shares"]):
        goal, neither = shares["goal"], shares["neither"]
        assert has_line(axes, (goal["low"], goal["high"]))
        assert has_line(axes, (1 - neither["low"], 1 - neither["high"]))


@pytest.mark.parametrize("name", ["few", "wordy"])
def test_outcomes_are_the_first_goals_of_each_pack(request, name):
    result = request.getfixturevalue(name)
    figure = pack_outcomes(result)
    (axes,) = figure.axes
    goals = result.manifest["goals"]
    expected = [
        [pack["first"][goal]["mean"] for goal in (*goals, "none")] for pack in result.scores["packs"].values()
    ]
    widths = bars(axes)[1][::-1]  # Drawn from the top down.
    np.testing.assert_allclose(widths, expected, atol=1e-12)
    np.testing.assert_allclose(widths.sum(axis=1), 1)
    assert ticks(axes.yaxis) == ["iid", "shift", "hard", "hard shift"]
    assert texts(figure.legends[0]) == [
        *(f"{goal} first" for goal in goals),
        "neither" if len(goals) == 2 else "none of them",
        f"95 % interval over {result.scores['seeds']} seeds" + ("" if name == "few" else " (too narrow)"),
    ]


def test_an_edge_between_two_parts_has_one_interval(few):
    (axes,) = pack_outcomes(few).axes
    packs = few.scores["packs"].values()
    between = [pack["first"]["end"]["mean"] for pack in packs]
    dark = [line for line in axes.lines if line.get_color() != "white"]
    assert len(dark) == sum(1 if share < LEAST_BETWEEN else 2 for share in between)


@pytest.mark.parametrize(("name", "expected"), [("few", "by goal share"), ("one", "the seed, shift")])
def test_the_heading_says_how_seeds_are_ordered(request, name, expected):
    axes = panel(three_shares(request.getfixturevalue(name)), "seeds")
    assert axes.get_title(loc="left").endswith(expected)
