"""Median and quartiles: how the repeats of a measurement are summarized."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Quartiles:
    """Median and quartiles of repeated measurements, in the unit of the values.

    Attributes:
        median: the median.
        low: the lower quartile.
        high: the upper quartile.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: tuple[float, ...]) -> Quartiles:
        """Computes the quartiles of at least one value."""
        low, median, high = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75)))
        return cls(median=median, low=low, high=high)
