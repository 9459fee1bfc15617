"""Statistics over training seeds, the unit of replication."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 10_000
BATCH = 100
"""Resamples drawn at once: bounds the memory, which matters with thousands of seeds."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean with its interval; NaN where there is nothing to say.

    Attributes:
        mean: over the seeds for which the figure is defined.
        low: lower end of the 95 % interval.
        high: upper end.
        count: how many seeds these are.
    """

    mean: float
    low: float
    high: float
    count: int


def bootstrap_mean(values: np.ndarray) -> Estimate:
    """The mean of a figure over seeds, with a percentile bootstrap interval; NaN entries are left out.

    The interval of one seed alone is NaN. The resamples are the same for the same values.
    """
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    if len(known) == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    mean = float(np.mean(known))
    if len(known) == 1:
        return Estimate(mean, np.nan, np.nan, 1)
    interval = stats.bootstrap(
        (known,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=BATCH,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high), len(known))


def wilson_rate(count: int, total: int) -> Estimate:
    """A rate with Wilson's score interval (Wilson 1927)."""
    result = stats.binomtest(count, total)
    interval = result.proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return Estimate(count / total, float(interval.low), float(interval.high), total)
