"""The figure of a sweep."""

import numpy as np

from gmbench.benchmarks.scoring import DIVERGED, MISGENERALIZED, ROBUST, VERDICTS
from gmbench.reports.figures.sweep import draw_sweep
from tests.reports.figures.drawn import assert_nothing_is_cut_or_covered, texts


def condition(alpha, levels, diverged=0):
    """Returns made-up scores of one condition: three of four seeds misgeneralize, and some more diverged."""
    estimate = {"mean": alpha, "low": 0.0, "high": 1.0}
    return {
        "alpha": alpha,
        "levels": levels,
        "algorithm": "ppo",
        "seeds": 4 + diverged,
        "diverged": list(range(diverged)),
        "steps": 10,
        "capability": estimate,
        "goal_generalization": estimate,
        "capability_generalization": estimate,
        "verdicts": {**dict.fromkeys(VERDICTS, 0), ROBUST: 1, MISGENERALIZED: 3, DIVERGED: diverged},
    }


def test_a_figure_has_a_column_for_each_value_of_the_other_setting():
    conditions = {f"{a} {n}": condition(a, n) for n in (10, 100) for a in (0.0, 0.1, 1.0)}
    scores = {"task": "ascent-v1", "conditions": conditions}
    figure = draw_sweep(scores, "alpha", "levels")
    above, _, below, _ = figure.axes
    assert len(figure.axes) == 4
    np.testing.assert_array_equal(above.lines[0].get_ydata(), [0.0, 0.1, 1.0])
    assert [text.get_text() for text in below.get_xticklabels()] == ["0", "0.1", "1"]
    assert [bar.get_height() for bar in below.containers[0]] == [0.25] * 3
    assert "not to scale" in below.get_xlabel()
    assert len(draw_sweep(scores, "levels", "alpha").axes) == 6


def test_seeds_that_diverged_fill_the_bars():
    nobody = {**dict.fromkeys(VERDICTS, 0), DIVERGED: 4}
    lost = {**condition(1.0, 10), "diverged": list(range(4)), "verdicts": nobody}
    some = condition(0.0, 10, diverged=4)
    figure = draw_sweep({"task": "ascent-v1", "conditions": {"some": some, "lost": lost}}, "alpha", "levels")
    bars = figure.axes[1].containers
    assert bars[-1].get_label() == "diverged"
    assert [bar.get_height() for bar in bars[-1]] == [0.5, 1.0]
    assert [sum(bar[column].get_height() for bar in bars) for column in (0, 1)] == [1.0, 1.0]


def test_a_cross_and_the_legend_say_where_g_is_undefined():
    defined = {f"{a}": condition(a, 10) for a in (0.0, 0.1, 1.0)}
    undefined = {"mean": None, "low": None, "high": None}
    some = {**defined, "0.1": {**defined["0.1"], "goal_generalization": undefined}}
    for conditions, crosses in ((defined, 0), (some, 1)):
        figure = draw_sweep({"task": "ascent-v1", "conditions": conditions}, "alpha", "levels")
        (cross,) = (line for line in figure.axes[0].lines if line.get_marker() == "x")
        assert len(cross.get_xdata()) == crosses
        assert any("G undefined" in text for text in texts(figure.legends[0])) == bool(crosses)
        assert_nothing_is_cut_or_covered(figure)


def test_lines_differ_by_more_than_their_colour():
    scores = {"task": "ascent-v1", "conditions": {"0": condition(0.0, 10)}}
    above = draw_sweep(scores, "alpha", "levels").axes[0]
    assert len({line.get_marker() for line in above.lines[:3]}) == 3
    # No line hides another one where their values are equal.
    assert len({float(line.get_xdata()[0]) for line in above.lines[:3]}) == 3
