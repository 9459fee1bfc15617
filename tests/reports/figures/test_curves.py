"""The figure of the learning curves."""

import dataclasses

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from gmbench.reports.figures.curves import LINED_SEEDS, learning_curves
from gmbench.reports.figures.style import INK
from tests.reports.figures.drawn import labelled, panel, texts


def smooth(values):
    """The means over six neighbouring updates, a tenth of the 60 of a run."""
    parts = [np.nanmean(values[:, max(k - 2, 0) : k + 4], axis=1) for k in range(values.shape[1])]
    return np.stack(parts, axis=1)


@pytest.mark.parametrize("name", ["few", "many", "one"])
@pytest.mark.parametrize("column", ["return_coin", "return_end", "length", "entropy"])
def test_mean_and_band_are_those_over_seeds(request, name, column):
    result = request.getfixturevalue(name)
    axes = panel(learning_curves(result), column)
    values = result.curves[column].reshape(result.scores["seeds"], -1).astype(float)
    x, y = labelled(axes, "mean")
    np.testing.assert_array_equal(x, result.curves["steps"][: values.shape[1]])
    values = smooth(values)
    np.testing.assert_allclose(y, np.nanmean(values, axis=0), rtol=1e-6)
    if name == "one":
        assert not axes.collections
    else:
        corners = axes.collections[0].get_paths()[0].vertices
        for step in (0, 30, 59):
            at = corners[np.isclose(corners[:, 0], x[step]), 1]
            expected = np.nanpercentile(values[:, step], (10, 90))
            np.testing.assert_allclose((at.min(), at.max()), expected, rtol=1e-6)


def test_the_order_of_the_rows_does_not_matter(few):
    order = np.random.default_rng(0).permutation(len(few.curves["seed"]))
    shuffled = dataclasses.replace(few, curves={name: values[order] for name, values in few.curves.items()})
    for column in ("return_coin", "entropy"):
        expected, mean = (
            labelled(panel(learning_curves(result), column), "mean") for result in (few, shuffled)
        )
        np.testing.assert_allclose(mean, expected)


def test_each_of_a_few_seeds_has_a_line_that_fills_gaps_from_its_neighbours(few):
    lines = panel(learning_curves(few), "return_coin").lines
    thin = [line for line in lines if line.get_linewidth() < 0.5]
    assert len(thin) == 8
    assert {len(line.get_xdata()) for line in thin} == {60}
    assert not any(np.isnan(line.get_ydata()).any() for line in thin)


def test_many_seeds_have_no_line_each(many):
    assert len(many.scores["per_seed"]) > LINED_SEEDS
    figure = learning_curves(many)
    assert all(line.get_linewidth() >= 1 for axes in figure.axes for line in axes.lines)
    assert texts(figure.legends[0]) == [
        "mean over 60 seeds, each over 6 updates",
        "10\N{EN DASH}90 % of seeds",
    ]


def test_the_mean_is_dark_and_lies_on_top_of_the_seeds(few):
    for axes in learning_curves(few).axes:
        (mean,) = (line for line in axes.lines if line.get_label() == "mean")
        assert to_hex(mean.get_color()) == INK
        seeds = [line for line in axes.lines if line.get_linewidth() < 0.5]
        assert len(seeds) == 8
        assert all(line.get_zorder() < mean.get_zorder() for line in seeds)
        assert all(line.get_alpha() < 0.5 for line in seeds)


def test_the_legend_shows_what_the_panels_show(few):
    figure = learning_curves(few)
    assert texts(figure.legends[0]) == [
        "mean over 8 seeds, each over 6 updates",
        "10\N{EN DASH}90 % of seeds",
        "each seed",
    ]
    drawn = {
        to_hex(line.get_color()) for axes in figure.axes for line in axes.lines if line.get_linewidth() < 0.5
    }
    thin = (line for line in figure.legends[0].findobj(Line2D) if line.get_linewidth() < 0.5)
    shown = {to_hex(line.get_color()) for line in thin}
    assert shown == drawn


def test_one_update_is_a_visible_point(undefined):
    for axes in learning_curves(undefined).axes:
        assert all(line.get_marker() == "." for line in axes.lines)


def test_a_panel_says_if_no_episode_finished(unfinished):
    figure = learning_curves(unfinished)
    assert [text.get_text() for text in panel(figure, "return_coin").texts] == ["no episode finished"]
    assert panel(figure, "entropy").get_xlim()[1] > unfinished.curves["steps"].max()


@pytest.mark.parametrize("kept", [("return_coin",), ("entropy",), ("return_end", "length")])
def test_metrics_that_the_algorithm_does_not_report_have_no_panel(few, kept):
    curves = {name: few.curves[name] for name in ("seed", "update", "steps", *kept)}
    figure = learning_curves(dataclasses.replace(few, curves=curves))
    assert [axes.get_label() for axes in figure.axes] == list(kept)


def test_the_figure_says_if_the_algorithm_reports_nothing(few):
    curves = {name: few.curves[name] for name in ("seed", "update", "steps", "kl")}
    figure = learning_curves(dataclasses.replace(few, curves=curves))
    assert not figure.axes
    assert any("reports neither" in text.get_text() for text in figure.texts)
