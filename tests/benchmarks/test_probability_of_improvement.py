"""The probability of improvement against independent computations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gmbench.benchmarks.statistics import probability_of_improvement, suite_probability_of_improvement
from tests.benchmarks.independent_statistics import (
    assert_interval,
    draw,
    few_examples,
    mean_of_wins,
    one_task,
    resampled,
)

pairs = st.lists(st.tuples(one_task, one_task), min_size=1, max_size=4)


@few_examples
@given(pairs)
def test_the_probability_of_improvement_equals_the_share_of_pairs(tasks):
    x, y = zip(*tasks, strict=True)
    estimate = suite_probability_of_improvement(x, y, resamples=2)
    assert estimate.mean == pytest.approx(mean_of_wins(x, y))
    assert estimate.count == sum(len(values) for values in (*x, *y))


def test_the_probability_of_improvement_of_one_task_is_mann_whitneys():
    x, y = np.random.default_rng(9).normal((0.4, 0.0), size=(20, 2)).T
    u = stats.mannwhitneyu(x, y).statistic
    assert probability_of_improvement(x, y).mean == pytest.approx(u / 400)
    assert probability_of_improvement(y, x).mean == pytest.approx(1 - u / 400)


@pytest.mark.parametrize(("x", "y", "expected"), [(1, 0, 1), (0, 1, 0), (1, 1, 0.5)])
def test_sure_wins_losses_and_ties(x, y, expected):
    estimate = probability_of_improvement(np.full(4, x), np.full(6, y))
    assert (estimate.mean, estimate.low, estimate.high) == (expected, expected, expected)


@pytest.mark.parametrize("round_to", [1, 8], ids=["ties", "no ties"])
def test_the_interval_of_the_probability_of_improvement_equals_an_independent_one(round_to):
    x = [np.round(values + 0.3, round_to) for values in draw(10, (8, 5, 12))]
    y = [np.round(values, round_to) for values in draw(11, (6, 9, 8))]
    assert_interval(suite_probability_of_improvement(x, y), resampled(mean_of_wins, x, y))


def test_one_seed_on_one_side_makes_the_interval_nan():
    many, one = np.arange(4.0), np.array([2.0])
    for estimate in (probability_of_improvement(many, one), probability_of_improvement(one, many)):
        assert estimate.mean in (3 / 8, 5 / 8)
        assert np.isnan([estimate.low, estimate.high]).all()


@pytest.mark.parametrize("y", [{"b": [1.0, 2.0]}, {"a": [1.0, 2.0], "b": [1.0, 2.0]}, [[1.0, 2.0]]])
def test_sides_with_different_tasks_are_refused(y):
    with pytest.raises(ValueError, match="same tasks"):
        suite_probability_of_improvement({"a": np.arange(2.0)}, y)
