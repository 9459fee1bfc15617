"""Means and interquartile means of tasks and suites, and rates, against independent computations."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gmbench.benchmarks.statistics import (
    BATCH,
    FRACTION,
    bootstrap_interquartile_mean,
    seed_mean,
    suite_interquartile_mean,
    suite_mean,
    suite_probability_of_improvement,
    wilson_rate,
)
from tests.benchmarks.independent_statistics import (
    assert_interval,
    draw,
    few_examples,
    interquartile_mean,
    mean_of_means,
    one_task,
    resampled,
)

suites = st.lists(one_task, min_size=1, max_size=4)


@pytest.mark.parametrize("seeds", [2, 8, 300])
def test_the_interval_of_a_mean_is_scipys(seeds):
    values = np.random.default_rng(1).normal(size=seeds)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    estimate = seed_mean(values)
    assert estimate.mean == np.mean(values)
    assert (estimate.low, estimate.high) == pytest.approx((interval.low, interval.high), rel=1e-12)


@pytest.mark.parametrize("sizes", [(8, 8), (3, 20), (2, 9)])
def test_the_interval_of_a_suite_of_two_tasks_is_welchs(sizes):
    """The mean of two tasks is half of the difference of the one and the negative of the other."""
    one, other = draw(3, sizes)
    interval = stats.ttest_ind(one, -other, equal_var=False).confidence_interval(0.95)
    estimate = suite_mean([one, other])
    assert (2 * estimate.low, 2 * estimate.high) == pytest.approx((interval.low, interval.high), rel=1e-12)


def test_the_interval_of_a_fraction_is_cut_where_no_fraction_can_be():
    values = np.array([0.0, 0.0, 0.0, 0.9])
    free, cut = seed_mean(values), seed_mean(values, limits=FRACTION)
    assert free.low < 0 == cut.low
    assert (cut.mean, cut.high) == (free.mean, free.high)
    assert seed_mean(1 - values, limits=FRACTION).high == 1
    assert suite_mean([values, values], limits=FRACTION).low == 0


@pytest.mark.parametrize("value", [0.0, 0.1, 0.7, 1.0])
def test_the_mean_lies_within_its_interval(value):
    """Whatever rounding does to the mean of equal values."""
    estimate = seed_mean(np.full(7, value), limits=FRACTION)
    assert estimate.low <= estimate.mean <= estimate.high
    assert estimate.high - estimate.low < 1e-12


def test_nan_values_are_left_out():
    with_gap = seed_mean(np.array([0.2, np.nan, 0.4]))
    without = seed_mean(np.array([0.2, 0.4]))
    assert with_gap == without
    assert with_gap.count == 2


def test_the_interval_of_one_seed_and_the_mean_of_none_are_nan():
    one, nothing = seed_mean(np.array([0.3])), seed_mean(np.array([np.nan]))
    assert (one.mean, one.count) == (0.3, 1)
    assert np.isnan([one.low, one.high, nothing.mean, nothing.low, nothing.high]).all()


@pytest.mark.parametrize("figure", [seed_mean, bootstrap_interquartile_mean])
def test_equal_values_have_an_interval_of_no_width(figure):
    estimate = figure(np.full(5, 0.7))
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((0.7, 0.7, 0.7))


def test_the_interquartile_mean_is_that_of_the_middle_half():
    assert bootstrap_interquartile_mean(np.array([9.0, 1.0, 2.0, -50.0])).mean == pytest.approx(1.5)
    values = np.random.default_rng(2).normal(size=32)
    assert bootstrap_interquartile_mean(values).mean == pytest.approx(sum(sorted(values)[8:24]) / 16)


@few_examples
@given(one_task)
def test_the_interquartile_mean_of_any_number_of_seeds_is_the_trimmed_mean(values):
    estimate = bootstrap_interquartile_mean(values, resamples=2)
    assert estimate.mean == pytest.approx(stats.trim_mean(values, 0.25))


@few_examples
@given(suites)
def test_suite_aggregates_equal_their_definitions(tasks):
    assert suite_mean(tasks).mean == pytest.approx(mean_of_means(tasks))
    assert suite_interquartile_mean(tasks, resamples=2).mean == pytest.approx(interquartile_mean(tasks))


@pytest.mark.parametrize("shape", [(3, 8), (5, 7), (10, 3)])
def test_the_interquartile_mean_of_equally_many_seeds_is_that_of_rliable(shape):
    tasks = np.random.default_rng(4).normal(size=shape)
    assert suite_interquartile_mean(list(tasks)).mean == pytest.approx(
        stats.trim_mean(tasks, 0.25, axis=None)
    )


def test_tasks_count_equally_whatever_their_number_of_seeds():
    tasks = draw(5, (6, 6, 8))
    again = [tasks[0], np.tile(tasks[1], 3), tasks[2]]
    assert suite_interquartile_mean(again).mean == pytest.approx(suite_interquartile_mean(tasks).mean)


def test_the_interval_of_an_interquartile_mean_equals_an_independent_one():
    values = np.random.default_rng(6).exponential(size=20)
    expected = resampled(lambda tasks: stats.trim_mean(tasks[0], 0.25), [values])
    assert_interval(bootstrap_interquartile_mean(values), expected)


@pytest.mark.parametrize("sizes", [(8, 8, 8), (5, 8, 20)])
def test_the_stratified_interval_equals_an_independent_one(sizes):
    tasks = draw(8, sizes)
    assert_interval(suite_interquartile_mean(tasks), resampled(interquartile_mean, tasks))


def improvement_on_itself(tasks, **options):
    """Compares a suite with itself, so that it takes one suite as the other functions do. If tasks have
    names, the order of the second suite is reversed."""
    others = dict(reversed(tasks.items())) if isinstance(tasks, dict) else tasks
    return suite_probability_of_improvement(tasks, others, **options)


FIGURES = [suite_mean, suite_interquartile_mean, improvement_on_itself]


@pytest.mark.parametrize("figure", FIGURES)
def test_suites_can_have_names_and_nan_values(figure):
    first, second = draw(12, (5, 9))
    gap = [np.nan]
    plain = figure([first, second])
    assert figure({"first": first, "second": second}) == plain
    assert figure([np.concatenate([gap, first, gap]), second]) == plain
    assert plain.low < plain.mean < plain.high


@pytest.mark.parametrize("figure", FIGURES)
def test_a_task_of_one_seed_makes_the_interval_nan_and_of_none_the_mean(figure):
    many = np.arange(4.0)
    one, nothing = figure([many, np.array([2.0])]), figure([many, np.array([np.nan])])
    sides = 2 if figure is improvement_on_itself else 1
    assert np.isfinite(one.mean)
    assert np.isnan([one.low, one.high, nothing.mean, nothing.low, nothing.high]).all()
    assert (one.count, nothing.count) == (5 * sides, 4 * sides)


@pytest.mark.parametrize("figure", FIGURES)
def test_empty_and_misshapen_suites_are_refused(figure):
    with pytest.raises(ValueError, match="at least one task"):
        figure([])
    with pytest.raises(ValueError, match=r"float\[seeds\], not of shape \(2, 3\)"):
        figure([np.zeros((2, 3))])
    with pytest.raises(ValueError, match=r"float\[seeds\], not of shape \(\)"):
        figure(np.zeros(3))


@pytest.mark.parametrize("figure", [suite_interquartile_mean, improvement_on_itself])
def test_memory_does_not_grow_with_the_resamples(figure):
    tasks = [np.random.default_rng(13).random(3000)]
    tracemalloc.start()
    try:
        figure(tasks, resamples=1000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Sorting needs eight arrays with this number of values. All resamples at once would need 23.
    assert peak < 12 * 8 * BATCH


@pytest.mark.parametrize(("count", "total"), [(0, 8), (7, 8), (8, 8), (40, 100)])
def test_wilson_equals_its_formula(count, total):
    z, p = 1.959964, count / total
    centre = (p + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * np.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    rate = wilson_rate(count, total)
    assert (rate.mean, rate.low, rate.high) == pytest.approx((p, centre - half, centre + half), abs=1e-6)


@pytest.mark.parametrize(("count", "total"), [(0, 0), (3, 2), (-1, 2)])
def test_impossible_counts_are_refused(count, total):
    with pytest.raises(ValueError, match=r"must (not )?be"):
        wilson_rate(count, total)
