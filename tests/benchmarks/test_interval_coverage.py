"""The coverage of the intervals: how often they contain the true value, by simulation."""

import numpy as np
import pytest
from scipy import stats

from gmbench.benchmarks.statistics import (
    suite_interquartile_mean,
    suite_mean,
    suite_probability_of_improvement,
    wilson_rate,
)

# Samples are drawn with replacement from finite populations, so the true values are known exactly.
MIDPOINTS = (np.arange(4000) + 0.5) / 4000


def two_modes(share):
    """A population of seeds. This share of them learns the goal, and the others do not."""
    return np.concatenate(
        [
            stats.beta(3, 30).ppf(MIDPOINTS[: round(4000 * (1 - share))] / (1 - share)),
            stats.beta(30, 3).ppf(MIDPOINTS[: round(4000 * share)] / share),
        ]
    )


BETTER = {
    "normal": stats.norm(0.5, 0.2).ppf(MIDPOINTS),
    "bounded": stats.beta(2, 5).ppf(MIDPOINTS),
    "two modes": two_modes(0.6),
    "rate": (MIDPOINTS < 0.6).astype(float),
}
WORSE = {
    "normal": stats.norm(0.3, 0.2).ppf(MIDPOINTS),
    "bounded": stats.beta(2, 7).ppf(MIDPOINTS),
    "two modes": two_modes(0.4),
    "rate": (MIDPOINTS < 0.4).astype(float),
}
SUITE = tuple(BETTER)


def true_improvement(names):
    """Computes the probability of improvement over all pairs of the populations."""
    shares = []
    for name in names:
        won, not_lost = (
            np.searchsorted(np.sort(WORSE[name]), BETTER[name], side) for side in ("left", "right")
        )
        shares.append((won + not_lost).mean() / 2 / 4000)
    return np.mean(shares)


def truth_of(figure, names):
    if figure is suite_probability_of_improvement:
        return true_improvement(names)
    if figure is suite_mean:
        return np.mean([BETTER[name] for name in names])
    quarter = 1000 * len(names)
    return np.sort(np.concatenate([BETTER[name] for name in names]))[quarter:-quarter].mean()


@pytest.mark.parametrize(
    ("figure", "names", "seeds", "expected"),
    [
        (suite_mean, ("normal",), (8,), 0.950),
        (suite_mean, ("normal",), (32,), 0.949),
        (suite_mean, ("bounded",), (8,), 0.940),
        (suite_mean, ("bounded",), (32,), 0.946),
        (suite_mean, ("two modes",), (8,), 0.952),
        (suite_mean, ("two modes",), (32,), 0.946),
        (suite_mean, ("rate",), (32,), 0.955),
        (suite_mean, SUITE, (4, 8, 12, 8), 0.946),
        (suite_mean, SUITE, (16, 32, 48, 32), 0.949),
        (suite_interquartile_mean, ("normal",), (8,), 0.934),
        (suite_interquartile_mean, ("normal",), (32,), 0.936),
        (suite_interquartile_mean, ("bounded",), (8,), 0.935),
        (suite_interquartile_mean, ("bounded",), (32,), 0.936),
        (suite_interquartile_mean, ("two modes",), (32,), 0.930),
        (suite_interquartile_mean, SUITE, (4, 8, 12, 8), 0.906),
        (suite_interquartile_mean, SUITE, (16, 32, 48, 32), 0.940),
        (suite_probability_of_improvement, ("normal",), (8,), 0.905),
        (suite_probability_of_improvement, ("normal",), (32,), 0.936),
        (suite_probability_of_improvement, ("rate",), (8,), 0.902),
        (suite_probability_of_improvement, ("rate",), (32,), 0.941),
        (suite_probability_of_improvement, SUITE, (4, 8, 12, 8), 0.926),
    ],
)
def test_intervals_have_the_measured_coverage(figure, names, seeds, expected):
    """The intervals cover what they covered when they were measured, and must not become narrower.

    ``expected`` is the coverage in 4000 samples, and in 20,000 for the t intervals of means: .94 to .96 for
    means. The percentile bootstrap of the other figures is too narrow for few seeds: .88 to .94 with 8 seeds
    per task, .93 to .94 with 32. With 10,000 resamples instead of 500 it covers more by .01 or less. Two
    cases with 8 seeds are left out: the mean of the rate (.975) and the interquartile mean of the two modes
    (.88). They take so few values that an 80 % interval covers nearly as much.
    """
    samples, resamples = 400, 500
    sides = [BETTER, WORSE] if figure is suite_probability_of_improvement else [BETTER]
    truth = truth_of(figure, names)
    rng = np.random.default_rng(14)
    hits = 0
    for _ in range(samples):
        drawn = [
            [rng.choice(side[name], size) for name, size in zip(names, seeds, strict=True)] for side in sides
        ]
        estimate = figure(*drawn, **({} if figure is suite_mean else {"resamples": resamples}))
        hits += estimate.low <= truth <= estimate.high
    # Three standard deviations of the difference between the two simulations.
    slack = 3 * np.sqrt(expected * (1 - expected) * (1 / samples + 1 / 4000))
    assert hits / samples == pytest.approx(expected, abs=slack)


@pytest.mark.parametrize("seeds", [8, 32])
def test_wilson_intervals_have_the_stated_coverage(seeds):
    """The coverage is computed exactly, over all counts: .953 and .955 on average, .851 and .937 at worst."""
    rates = np.linspace(0.02, 0.98, 49)
    estimates = [wilson_rate(count, seeds) for count in range(seeds + 1)]
    low, high = (np.array([getattr(estimate, end) for estimate in estimates]) for end in ("low", "high"))
    inside = (low <= rates[:, None]) & (rates[:, None] <= high)
    coverage = np.sum(inside * stats.binom.pmf(np.arange(seeds + 1), seeds, rates[:, None]), axis=1)
    assert np.mean(coverage) == pytest.approx(0.95, abs=0.01)
    assert np.min(coverage) > {8: 0.85, 32: 0.93}[seeds]
