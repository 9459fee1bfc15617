"""The study of intervals: how often the 95 % intervals over seeds cover the truth, and how wide they are.

It compares methods for the mean over the seeds of one task, for suites of tasks and for rates, on the
distributions that occur here, by the number of seeds. ``docs/statistics.md`` has the results, and what
follows from them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
from scipy import stats

from gmbench.benchmarks.statistics import (
    FRACTION,
    Estimate,
    Limits,
    suite_interquartile_mean,
    suite_mean,
    wilson_rate,
)
from gmbench.studies.interval_methods import (
    BATCH,
    PERCENTILE,
    STUDENT,
    TINY,
    Ends,
    Samples,
    mean_ends,
    rate_ends,
    resampling_weights,
    suite_percentile_ends,
)
from gmbench.studies.seed_populations import Population, populations, suites

SEEDS = (8, 16, 32)
"""Numbers of seeds per task."""
SUITE_RESAMPLES = 500
"""Bootstrap resamples for interquartile means of suites, which take longest."""
RESAMPLING_SEED = 1
"""Seed of the random numbers of bootstrap resamples."""
RATES = np.arange(1, 100) / 100
"""The true rates over which the coverage of an interval of a rate is averaged."""


@dataclasses.dataclass(frozen=True)
class Interval:
    """How the 95 % intervals of one method do.

    Attributes:
        coverage: fraction of samples whose interval contains the true value.
        width: mean width of the intervals, cut at the limits of the quantity.
        lowest: for rates, the lowest coverage at any of `RATES`; None for means.
    """

    coverage: float
    width: float
    lowest: float | None = None


@dataclasses.dataclass(frozen=True)
class Row:
    """The intervals of several methods in one case.

    Attributes:
        case: the population, the suite or, for rates, what is averaged.
        figure: what is estimated, such as "mean".
        seeds: number of seeds per task.
        methods: the intervals by the name of the method.
    """

    case: str
    figure: str
    seeds: int
    methods: Mapping[str, Interval]


@dataclasses.dataclass(frozen=True)
class Needed:
    """What a number of seeds can tell.

    Attributes:
        seeds: number of seeds.
        unseen: by the share of seeds that are of a second kind, the probability to see none of them.
        half_width: half of the width of Wilson's interval where it is widest, at a rate of about .5.
        none_of: upper end of Wilson's interval if no seed has a property.
    """

    seeds: int
    unseen: Mapping[str, float]
    half_width: float
    none_of: float


@dataclasses.dataclass(frozen=True)
class Study:
    """The results of the study.

    Attributes:
        samples: simulated samples in each case.
        resamples: bootstrap resamples of each sample.
        means: means over the seeds of one task.
        suites: means and interquartile means over fourteen tasks.
        rates: rates among seeds, computed exactly.
        needed: what each number of seeds can tell, computed exactly.
    """

    samples: int
    resamples: int
    means: list[Row]
    suites: list[Row]
    rates: list[Row]
    needed: list[Needed]


def study_intervals(samples: int, resamples: int) -> Study:
    """Simulates all cases. The random numbers are fixed, so the same arguments give the same results.

    Args:
        samples: samples to draw in each case. For the interquartile means of suites, it is a tenth.
        resamples: bootstrap resamples of each sample.
    """
    sources = populations()
    return Study(
        samples,
        resamples,
        [mean_row(source, seeds, samples, resamples) for source in sources for seeds in SEEDS],
        [
            row
            for name, tasks in suites().items()
            for seeds in SEEDS
            for row in suite_rows(name, tasks, seeds, samples, resamples)
        ],
        [rate_row(seeds) for seeds in SEEDS],
        [needed(seeds) for seeds in (4, *SEEDS, 64, 128)],
    )


def mean_row(population: Population, seeds: int, samples: int, resamples: int) -> Row:
    """Simulates the intervals of a mean over the seeds of one task."""
    values, truth = population.draw(samples, seeds, np.random.default_rng(seeds))
    found = mean_ends(values, resamples, RESAMPLING_SEED)
    methods = {name: _summarize(ends, truth, population.limits) for name, ends in found.items()}
    return Row(population.name, "mean", seeds, methods)


def suite_rows(
    name: str, tasks: list[Population], seeds: int, samples: int, resamples: int
) -> tuple[Row, Row]:
    """Simulates the intervals of the mean and of the interquartile mean over the tasks of a suite."""
    rng = np.random.default_rng(seeds)
    drawn = [task.draw(samples, seeds, rng)[0] for task in tasks]
    truth = float(np.mean([task.values.mean() for task in tasks]))
    weights = [resampling_weights(seeds, resamples, rng) for _ in tasks]
    pieces = np.array_split(np.arange(samples), -(-samples * resamples // BATCH))
    batches = [
        suite_percentile_ends(
            [Samples(values[piece], weight) for values, weight in zip(drawn, weights, strict=True)]
        )
        for piece in pieces
    ]
    low, high = (np.concatenate(ends) for ends in zip(*batches, strict=True))
    few = max(samples // 10, 1)
    means = {
        PERCENTILE: _summarize((low, high), truth),
        STUDENT: _measure(lambda values: suite_mean(values, limits=FRACTION), drawn, samples, truth),
    }
    quartiles = {
        PERCENTILE: _measure(
            lambda values: suite_interquartile_mean(values, resamples=SUITE_RESAMPLES),
            drawn,
            few,
            _interquartile_mean(tasks),
        )
    }
    return Row(name, "mean", seeds, means), Row(name, "interquartile mean", seeds, quartiles)


def rate_row(seeds: int) -> Row:
    """Computes the coverage of the intervals of a rate, over all counts of seeds and all `RATES`."""
    chances = stats.binom.pmf(np.arange(seeds + 1), seeds, RATES[:, None])
    methods = {}
    for name, (low, high) in rate_ends(seeds).items():
        inside = (low <= RATES[:, None] + TINY) & (RATES[:, None] <= high + TINY)
        coverage = np.sum(inside * chances, axis=1)
        width = np.mean(chances @ (high - low))
        methods[name] = Interval(float(coverage.mean()), float(width), float(coverage.min()))
    return Row("rates from .01 to .99", "rate", seeds, methods)


def needed(seeds: int) -> Needed:
    """Computes what a number of seeds can tell."""
    half, none = wilson_rate(seeds // 2, seeds), wilson_rate(0, seeds)
    unseen = {"one in four": (3 / 4) ** seeds, "one in ten": (9 / 10) ** seeds}
    return Needed(seeds, unseen, (half.high - half.low) / 2, none.high)


def _summarize(ends: Ends, truth: np.ndarray | float, limits: Limits = FRACTION) -> Interval:
    """Computes coverage and mean width of intervals that are cut at the limits of the quantity."""
    low, high = (np.clip(end, *limits) for end in ends)
    covered = (low <= truth + TINY) & (truth <= high + TINY)
    return Interval(float(covered.mean()), float((high - low).mean()))


def _measure(
    estimate: Callable[[list[np.ndarray]], Estimate], drawn: list[np.ndarray], samples: int, truth: float
) -> Interval:
    """Measures a function that scores use, on the first samples of a suite."""
    found = [estimate([values[sample] for values in drawn]) for sample in range(samples)]
    return _summarize((np.array([one.low for one in found]), np.array([one.high for one in found])), truth)


def _interquartile_mean(tasks: list[Population]) -> float:
    """The interquartile mean of all members of the populations, which count equally."""
    members = np.lcm.reduce([task.values.shape[1] for task in tasks])
    copies = [np.repeat(task.values[0], members // task.values.shape[1]) for task in tasks]
    return float(stats.trim_mean(np.concatenate(copies), 0.25))
