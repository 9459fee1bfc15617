"""Means and interquartile means of tasks and suites, and rates, against independent computations."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gmbench.benchmarks.statistics import (
    BATCH,
    bootstrap_interquartile_mean,
    bootstrap_mean,
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


def test_the_bootstrap_interval_equals_an_independent_one():
    values = np.random.default_rng(1).beta(2, 5, size=20)
    rng = np.random.default_rng(7)
    means = values[rng.integers(0, 20, size=(40_000, 20))].mean(axis=1)
    estimate = bootstrap_mean(values)
    assert estimate.mean == pytest.approx(values.mean())
    assert (estimate.low, estimate.high) == pytest.approx(np.percentile(means, (2.5, 97.5)), abs=0.003)


@pytest.mark.parametrize("options", [{}, {"resamples": 500}])
@pytest.mark.parametrize("seeds", [2, 9, 300])
def test_the_interval_of_a_mean_is_scipys_to_the_last_digit(seeds, options):
    """Published scores must be reproducible, whatever the number of values that are resampled at once."""
    values = np.random.default_rng(1).normal(size=seeds)
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=options.get("resamples", 10_000),
        batch=100,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    estimate = bootstrap_mean(values, **options)
    assert (estimate.mean, estimate.low, estimate.high) == (np.mean(values), interval.low, interval.high)


def test_nan_values_are_left_out():
    with_gap = bootstrap_mean(np.array([0.2, np.nan, 0.4]))
    without = bootstrap_mean(np.array([0.2, 0.4]))
    assert with_gap == without
    assert with_gap.count == 2


def test_the_interval_of_one_seed_and_the_mean_of_none_are_nan():
    one, nothing = bootstrap_mean(np.array([0.3])), bootstrap_mean(np.array([np.nan]))
    assert (one.mean, one.count) == (0.3, 1)
    assert np.isnan([one.low, one.high, nothing.mean, nothing.low, nothing.high]).all()


@pytest.mark.parametrize("figure", [bootstrap_mean, bootstrap_interquartile_mean])
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
    assert suite_mean(tasks, resamples=2).mean == pytest.approx(mean_of_means(tasks))
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


@pytest.mark.parametrize(
    ("estimate", "figure"),
    [(suite_mean, mean_of_means), (suite_interquartile_mean, interquartile_mean)],
)
@pytest.mark.parametrize("sizes", [(8, 8, 8), (5, 8, 20)])
def test_the_stratified_interval_equals_an_independent_one(estimate, figure, sizes):
    tasks = draw(8, sizes)
    assert_interval(estimate(tasks), resampled(figure, tasks))


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


@pytest.mark.parametrize("figure", FIGURES)
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
