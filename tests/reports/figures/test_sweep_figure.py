"""The figure of a sweep."""

import numpy as np

from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED, ROBUST, UNTRAINED, VERDICTS
from gmbench.reports.figures.sweep import draw_sweep


def condition(alpha, levels, diverged=()):
    """Returns made-up scores of one condition: three of four seeds misgeneralize, and some more diverged."""
    estimate = {"mean": alpha, "low": 0.0, "high": 1.0}
    return {
        "alpha": alpha,
        "levels": levels,
        "algorithm": "ppo",
        "seeds": 4,
        "diverged": list(diverged),
        "steps": 10,
        "capability": estimate,
        "goal_generalization": estimate,
        "capability_generalization": estimate,
        "verdicts": {ROBUST: 1, MISGENERALIZED: 3, INCAPABLE: 0, UNTRAINED: 0},
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
    assert len(draw_sweep(scores, "levels", "alpha").axes) == 6


def test_seeds_that_diverged_fill_the_bars():
    lost = {**condition(1.0, 10, diverged=range(4)), "seeds": 0, "verdicts": dict.fromkeys(VERDICTS, 0)}
    some = condition(0.0, 10, diverged=[4, 5, 6, 7])
    figure = draw_sweep({"task": "ascent-v1", "conditions": {"some": some, "lost": lost}}, "alpha", "levels")
    bars = figure.axes[1].containers
    assert bars[-1].get_label() == "diverged"
    assert [bar.get_height() for bar in bars[-1]] == [0.5, 1.0]
    assert [sum(bar[column].get_height() for bar in bars) for column in (0, 1)] == [1.0, 1.0]
