"""Methods for the 95 % interval of a mean over seeds and of a rate among seeds, many samples at once.

They are compared in `gmbench.studies.intervals`. What scores use is in `gmbench.benchmarks.statistics`.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from scipy import stats

from gmbench.benchmarks.statistics import CONFIDENCE

TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
"""The probabilities below the low end and below the high end."""
TINY = 1e-12
"""Differences of fractions below this are rounding."""
BATCH = 2**22
"""Number of values that are resampled at once. It bounds the memory."""
PERCENTILE, BCA, STUDENT, BOOTSTRAP_T = "percentile bootstrap", "BCa bootstrap", "Student's t", "bootstrap-t"
"""Names of the methods for a mean."""

Ends = tuple[np.ndarray, np.ndarray]
"""The low and the high end of an interval for each sample: float[samples] each."""


def resampling_weights(seeds: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Draws bootstrap resamples, and returns the weight of each seed in each: float[resamples, seeds].

    The mean of a resample is the weighted sum of the values. Every sample gets the same resamples, as it does
    in scores, where the random numbers are fixed.
    """
    drawn = rng.integers(0, seeds, (resamples, seeds))
    weights = np.zeros((resamples, seeds))
    np.add.at(weights, (np.arange(resamples)[:, None], drawn), 1 / seeds)
    return weights


@dataclasses.dataclass(frozen=True)
class Samples:
    """Samples of seeds, with what their intervals are computed from.

    Attributes:
        values: float[samples, seeds].
        weights: bootstrap resamples, see `resampling_weights`.
    """

    values: np.ndarray
    weights: np.ndarray

    @cached_property
    def means(self) -> np.ndarray:
        """The mean of each sample: float[samples]."""
        return self.values.mean(axis=1)

    @cached_property
    def centred(self) -> np.ndarray:
        """The values minus the mean of their sample: float[samples, seeds]."""
        return self.values - self.means[:, None]

    @cached_property
    def errors(self) -> np.ndarray:
        """The standard error of each mean: float[samples]."""
        return self.values.std(axis=1, ddof=1) / np.sqrt(self.values.shape[1])

    @cached_property
    def deviations(self) -> np.ndarray:
        """The means of the resamples minus the mean of the sample: float[samples, resamples]."""
        return self.centred @ self.weights.T


def resampled_ends(values: np.ndarray, resamples: int, seed: int) -> Mapping[str, Ends]:
    """The percentile bootstrap (Efron 1979) and BCa (Efron 1987) as SciPy has them, from the same resamples.

    Where a sample has equal values only, BCa is undefined, and the percentile interval, which has no width,
    stands for it.

    Args:
        values: float[samples, seeds].
        resamples: number of bootstrap resamples. Every sample gets the same ones, as it does in scores.
        seed: of the random numbers.
    """
    options: dict[str, Any] = {
        "axis": -1,
        "batch": max(1, BATCH // values.size),
        "confidence_level": CONFIDENCE,
        "rng": np.random.default_rng(seed),
    }
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        done = stats.bootstrap((values,), np.mean, n_resamples=resamples, method="percentile", **options)
        again = stats.bootstrap(
            (values,), np.mean, n_resamples=0, method="BCa", bootstrap_result=done, **options
        )
    plain, corrected = done.confidence_interval, again.confidence_interval
    return {
        PERCENTILE: (plain.low, plain.high),
        BCA: (
            np.where(np.isnan(corrected.low), plain.low, corrected.low),
            np.where(np.isnan(corrected.high), plain.high, corrected.high),
        ),
    }


def t_ends(samples: Samples) -> Ends:
    """Student's t interval (Student 1908), which scores use."""
    half = stats.t.ppf(TAILS[1], samples.values.shape[1] - 1) * samples.errors
    return samples.means - half, samples.means + half


def bootstrap_t_ends(samples: Samples) -> Ends:
    """The bootstrap-t: quantiles of t = (mean - true mean) / standard error from the resamples (Efron 1982).

    A resample of equal values has no standard error: its t is infinite, or 0 if its mean is that of the
    sample. An interval can therefore be infinite.
    """
    seeds, resamples = samples.values.shape[1], samples.weights.shape[0]
    variances = samples.centred**2 @ samples.weights.T - samples.deviations**2
    errors = np.sqrt(np.maximum(variances, 0) / (seeds - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(np.abs(samples.deviations) < TINY, 0, samples.deviations / errors)
    ratios.sort(axis=1)
    # Order statistics, because one cannot interpolate between infinite values.
    first = max(round(TAILS[0] * (resamples + 1)), 1)
    errors = np.maximum(samples.errors, TINY)
    highest, lowest = ratios[:, resamples - first], ratios[:, first - 1]
    return samples.means - highest * errors, samples.means - lowest * errors


def mean_ends(values: np.ndarray, resamples: int, seed: int) -> Mapping[str, Ends]:
    """Intervals of the mean of each sample by all methods, by the name of the method.

    Args:
        values: float[samples, seeds].
        resamples: number of bootstrap resamples.
        seed: of the random numbers of the resamples.
    """
    rng = np.random.default_rng(seed)
    samples = Samples(values, resampling_weights(values.shape[1], resamples, rng))
    return {
        **resampled_ends(values, resamples, seed),
        STUDENT: t_ends(samples),
        BOOTSTRAP_T: bootstrap_t_ends(samples),
    }


def suite_percentile_ends(tasks: Sequence[Samples]) -> Ends:
    """The stratified percentile bootstrap of the mean over tasks: seeds are resampled within each task."""
    means = np.mean([task.means for task in tasks], axis=0)
    low, high = np.quantile(np.mean([task.deviations for task in tasks], axis=0), TAILS, axis=1)
    return means + low, means + high


def rate_ends(seeds: int) -> Mapping[str, Ends]:
    """Intervals of a rate for each possible count of seeds: float[seeds + 1] each, by the method's name.

    Wilson's (Wilson 1927), which scores use; Clopper and Pearson's (1934), which is called exact; and Wald's,
    rate ± 1.96 sqrt(rate (1 - rate) / seeds), which textbooks have.
    """
    rates = np.arange(seeds + 1) / seeds
    half = stats.norm.ppf(TAILS[1]) * np.sqrt(rates * (1 - rates) / seeds)
    return {
        "Wilson": _rate_ends(seeds, "wilson"),
        "Clopper-Pearson": _rate_ends(seeds, "exact"),
        "Wald": (np.clip(rates - half, 0, 1), np.clip(rates + half, 0, 1)),
    }


def _rate_ends(seeds: int, method: str) -> Ends:
    ends = [stats.binomtest(count, seeds).proportion_ci(CONFIDENCE, method) for count in range(seeds + 1)]
    return np.array([end.low for end in ends]), np.array([end.high for end in ends])
