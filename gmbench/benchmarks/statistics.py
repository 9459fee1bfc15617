"""Statistics over training seeds: means, comparisons and their intervals for one task or a suite of tasks.

The unit of replication is the training seed. Tasks are not resampled, so the results hold for the given tasks
only. Means have Student's t intervals (for a suite, Welch and Satterthwaite's), and rates have Wilson's. For
interquartile means and comparisons, seeds are resampled within each task, as in Agarwal et al. 2021, "Deep
Reinforcement Learning at the Edge of the Statistical Precipice".

How often these 95 % intervals cover the truth depends on the number of seeds, and on whether the seeds are of
one kind. `gmbench.studies.intervals` simulates it, and ``docs/statistics.md`` has the results: no interval of
a mean can be trusted from 8 seeds if one seed in ten is of another kind, so read the verdicts first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
"""Confidence level of all intervals."""
RESAMPLES = 10_000
"""Default number of bootstrap resamples."""
BATCH = 2**18
"""Number of values that are resampled at once. It bounds the memory, which matters with thousands of
seeds."""

Limits = tuple[float, float]
"""The least and the greatest value that a quantity can have."""
UNLIMITED: Limits = (-np.inf, np.inf)
"""Limits of a quantity that can have any value, such as a return or a capability."""
FRACTION: Limits = (0.0, 1.0)
"""Limits of a fraction, such as a share, a rate or a probability."""
DISTANCE: Limits = (0.0, np.inf)
"""Limits of a quantity that cannot be negative, such as a distance."""

Tasks = Mapping[str, np.ndarray] | Sequence[np.ndarray]
"""The values of a quantity on each task of a suite: float[seeds] each. Tasks may differ in their seeds."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    """An estimate with its 95 % interval. Undefined numbers are NaN.

    Attributes:
        mean: the estimate, over the seeds for which the quantity is defined (is not NaN).
        low: lower end of the interval.
        high: upper end of the interval.
        count: number of these seeds, over all tasks and, in comparisons, both sides.
    """

    mean: float
    low: float
    high: float
    count: int


def seed_mean(values: np.ndarray, *, limits: Limits = UNLIMITED) -> Estimate:
    """Estimates the mean of a quantity over seeds, with Student's t interval.

    The interval is mean ± t s / sqrt(n), with the standard deviation s of the n seeds and the 97.5 %
    quantile t of Student's distribution with n - 1 degrees of freedom (Student 1908): t is 2.36 for 8 seeds,
    2.04 for 32, and 1.96 for very many. It is cut at the limits of the quantity, which takes nothing from
    its coverage because the true mean lies within them. The coverage depends on the number of seeds and on
    their kinds, see `gmbench.benchmarks.statistics`.

    NaN values are left out. If one value remains, the interval is NaN. If none remains, the mean is NaN too.
    If all values are equal, the interval has no width: the seeds say nothing about how others would differ.

    Args:
        values: float[seeds], the quantity.
        limits: the least and the greatest value that the quantity can have, for example `FRACTION`.

    Raises:
        ValueError: if ``values`` is not one-dimensional.
    """
    return suite_mean([values], limits=limits)


def bootstrap_interquartile_mean(values: np.ndarray, *, resamples: int = RESAMPLES) -> Estimate:
    """Estimates the interquartile mean of a quantity over seeds: the mean of the middle half of its values.

    A quarter of the values, rounded down, is left out at each end, so nothing is left out below four seeds
    (Agarwal et al. 2021, section 4.3). The interval is the percentile bootstrap's,
    see `suite_interquartile_mean`.
    """
    return suite_interquartile_mean([values], resamples=resamples)


def suite_mean(tasks: Tasks, *, limits: Limits = UNLIMITED) -> Estimate:
    """Estimates the mean over tasks of the means over seeds, with Welch and Satterthwaite's t interval.

    Each task has its own spread. The degrees of freedom are those of Satterthwaite 1946, which
    Welch 1947 uses for two samples; for one task they are n - 1, and the interval is that of `seed_mean`. It
    is cut at the limits of the quantity. NaN values are left out. If one value of a task remains, the
    interval is NaN, because the spread of the task is unknown. If none remains, all numbers are NaN, because
    the mean of the other tasks would be that of another suite.

    Args:
        tasks: values of each task, float[seeds]. Tasks may differ in their seeds.
        limits: the least and the greatest value that the quantity can have, for example `FRACTION`.

    Raises:
        ValueError: if there is no task, or the values of a task are not one-dimensional.
    """
    samples = list(_known(tasks).values())
    sizes = [len(sample) for sample in samples]
    if min(sizes) == 0:
        return Estimate(np.nan, np.nan, np.nan, sum(sizes))
    mean = float(np.mean([np.mean(sample) for sample in samples]))
    if min(sizes) == 1:
        return Estimate(mean, np.nan, np.nan, sum(sizes))
    half = _half_width(samples)
    low, high = np.clip((mean - half, mean + half), *limits)
    # The mean of equal values at a limit can lie beyond it by a rounding error.
    return Estimate(mean, min(mean, float(low)), max(mean, float(high)), sum(sizes))


def suite_interquartile_mean(tasks: Tasks, *, resamples: int = RESAMPLES) -> Estimate:
    """Estimates the interquartile mean over all values of all tasks: the mean of their middle half.

    If every task has the same number of seeds, this is the 25 % trimmed mean of all values (Agarwal et al.
    2021, section 4.3). For other suites that mean is not defined. There the weight of a value is one over the
    number of seeds of its task, so that tasks count equally, and the same fraction of the weight is left out
    at each end. The interval is the percentile bootstrap's: every resample draws seeds within each task
    (Agarwal et al. 2021, section 4.1), and the random numbers are fixed, so the same values always give the
    same interval. NaN values, and tasks with one seed or none, are treated as in `suite_mean`.

    Args:
        tasks: values of each task, float[seeds]. Tasks may differ in their seeds.
        resamples: number of bootstrap resamples.

    Raises:
        ValueError: if there is no task, or the values of a task are not one-dimensional.
    """
    return _bootstrap(list(_known(tasks).values()), _interquartile_mean, resamples)


def probability_of_improvement(x: np.ndarray, y: np.ndarray, *, resamples: int = RESAMPLES) -> Estimate:
    """Estimates the probability that a random seed of X exceeds a random seed of Y. Ties count half.

    This is `suite_probability_of_improvement` for one task. ``x`` and ``y`` are float[seeds].
    """
    return suite_probability_of_improvement([x], [y], resamples=resamples)


def suite_probability_of_improvement(x: Tasks, y: Tasks, *, resamples: int = RESAMPLES) -> Estimate:
    """Estimates the mean over tasks of P(X > Y) + P(X = Y) / 2 for a random seed of X and one of Y.

    On each task this is the Mann-Whitney U divided by the number of pairs (Agarwal et al. 2021, section 4.3
    and appendix A). Every resample draws the seeds of X and the seeds of Y within each task. NaN values are
    left out. If one value remains on either side of a task, the interval is NaN. If none remains, all numbers
    are NaN. The interval has no width if in every task all seeds of one side exceed all seeds of the other;
    with few seeds this can happen by chance.

    Args:
        x: values of each task, float[seeds]. Tasks and sides may differ in their seeds.
        y: values of the same tasks, under the same names or in the same order.
        resamples: number of bootstrap resamples.

    Raises:
        ValueError: if there is no task, the tasks of X and Y differ, or the values of a task are not
            one-dimensional.
    """
    ours, theirs = _known(x), _known(y)
    if ours.keys() != theirs.keys():
        raise ValueError(f"X and Y must have the same tasks, not {list(ours)} and {list(theirs)}")
    return _bootstrap([*ours.values(), *(theirs[task] for task in ours)], _mean_of_wins, resamples)


def wilson_rate(count: int, total: int) -> Estimate:
    """Estimates the rate of a property among seeds, with Wilson's score interval (Wilson 1927).

    Args:
        count: number of seeds with the property.
        total: number of seeds.

    Raises:
        ValueError: if there is no seed, or ``count`` is not between 0 and ``total``.
    """
    result = stats.binomtest(count, total)
    interval = result.proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return Estimate(count / total, float(interval.low), float(interval.high), total)


def _known(tasks: Tasks) -> dict[Hashable, np.ndarray]:
    """Returns the values of each task without NaN, by the task's name or its index."""
    named = tasks.items() if isinstance(tasks, Mapping) else enumerate(tasks)
    arrays = {task: np.asarray(values, float) for task, values in named}
    if not arrays:
        raise ValueError("a suite needs at least one task")
    for values in arrays.values():
        if values.ndim != 1:
            raise ValueError(f"the values of a task must be float[seeds], not of shape {values.shape}")
    return {task: values[~np.isnan(values)] for task, values in arrays.items()}


def _half_width(samples: Sequence[np.ndarray]) -> float:
    """Computes half of the width of the t interval of the mean of the means of several samples."""
    variances = np.array([np.var(sample, ddof=1) / len(sample) for sample in samples])
    total = variances.sum()
    if total == 0:
        return 0.0
    freedom = np.array([len(sample) - 1 for sample in samples])
    degrees = 1 / np.sum((variances / total) ** 2 / freedom)
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, degrees)
    return float(quantile * np.sqrt(total) / len(samples))


def _bootstrap(
    samples: Sequence[np.ndarray], statistic: Callable[..., np.ndarray], resamples: int
) -> Estimate:
    """Computes a statistic of samples, with the percentile interval of resampling each sample separately."""
    sizes = [len(sample) for sample in samples]
    count = sum(sizes)
    if min(sizes) == 0:
        return Estimate(np.nan, np.nan, np.nan, count)
    mean = float(statistic(*samples, axis=-1))
    if min(sizes) == 1:
        return Estimate(mean, np.nan, np.nan, count)
    interval = stats.bootstrap(
        samples,
        statistic,
        n_resamples=resamples,
        batch=max(1, BATCH // count),
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high), count)


def _interquartile_mean(*tasks: np.ndarray, axis: int) -> np.ndarray:
    """The statistic of `suite_interquartile_mean`."""
    sizes = [task.shape[axis] for task in tasks]
    count = sum(sizes)
    values = np.concatenate(tasks, axis=axis)
    order = np.argsort(values, axis=axis)
    weights = np.repeat([1 / (len(tasks) * size) for size in sizes], sizes)[order]
    ends = np.cumsum(weights, axis=axis)
    # As in a 25 % trimmed mean, this is a quarter of the values, rounded down, and not of the weight.
    cut = count // 4 / count
    kept = np.clip(np.minimum(ends, 1 - cut) - np.maximum(ends - weights, cut), 0, None)
    return np.average(np.take_along_axis(values, order, axis=axis), axis=axis, weights=kept)


def _mean_of_wins(*sides: np.ndarray, axis: int) -> np.ndarray:
    """The statistic of `suite_probability_of_improvement`. First come the samples of X, then those of Y."""
    pairs = zip(sides[: len(sides) // 2], sides[len(sides) // 2 :], strict=True)
    return np.mean([_wins(x, y, axis=axis) for x, y in pairs], axis=0)


def _wins(x: np.ndarray, y: np.ndarray, *, axis: int) -> np.ndarray:
    """The fraction of pairs of seeds in which X exceeds Y: the Mann-Whitney U over the number of pairs."""
    count, others = x.shape[axis], y.shape[axis]
    # Ranks need less memory than all pairs, and they count ties as halves.
    ranks = stats.rankdata(np.concatenate([x, y], axis=axis), axis=axis)
    won = np.sum(np.take(ranks, np.arange(count), axis=axis), axis=axis) - count * (count + 1) / 2
    return won / (count * others)
