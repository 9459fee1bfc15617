import numpy as np
import pytest

from gmbench.benchmarks.statistics import bootstrap_mean, wilson_rate


def test_the_bootstrap_interval_equals_an_independent_one():
    values = np.random.default_rng(1).beta(2, 5, size=20)
    rng = np.random.default_rng(7)
    means = values[rng.integers(0, 20, size=(40_000, 20))].mean(axis=1)
    estimate = bootstrap_mean(values)
    assert estimate.mean == pytest.approx(values.mean())
    assert (estimate.low, estimate.high) == pytest.approx(np.percentile(means, (2.5, 97.5)), abs=0.003)


def test_undefined_seeds_are_left_out():
    with_gap = bootstrap_mean(np.array([0.2, np.nan, 0.4]))
    without = bootstrap_mean(np.array([0.2, 0.4]))
    assert with_gap == without
    assert with_gap.count == 2


def test_one_seed_has_no_interval_and_none_has_nothing():
    one, nothing = bootstrap_mean(np.array([0.3])), bootstrap_mean(np.array([np.nan]))
    assert (one.mean, one.count) == (0.3, 1)
    assert np.isnan([one.low, one.high, nothing.mean, nothing.low, nothing.high]).all()


def test_equal_values_have_an_interval_of_no_width():
    estimate = bootstrap_mean(np.full(5, 0.7))
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((0.7, 0.7, 0.7))


@pytest.mark.parametrize(("count", "total"), [(0, 8), (7, 8), (8, 8), (40, 100)])
def test_wilson_equals_its_formula(count, total):
    z, p = 1.959964, count / total
    centre = (p + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * np.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    rate = wilson_rate(count, total)
    assert (rate.mean, rate.low, rate.high) == pytest.approx((p, centre - half, centre + half), abs=1e-6)
