"""The report of the command ``speed``: measurements, and the fractions of the ceilings that they reach."""

from __future__ import annotations

import dataclasses

from gmbench.speed.ceilings import Ceilings
from gmbench.speed.measurement import Measurement


@dataclasses.dataclass(frozen=True)
class Row:
    """One measurement of the report.

    Attributes:
        task: task id.
        seeds: number of seeds trained; None for environments under the random policy.
        environments: environments per seed; without seeds, all environments.
        budget: the budget whose numbers of seeds and environments these are; None if the user chose them.
        measured: the measurement.
    """

    task: str
    seeds: int | None
    environments: int
    budget: str | None
    measured: Measurement

    @property
    def temporaries(self) -> float | None:
        """Bytes of temporary memory per seed, or per environment without seeds; None if not reported."""
        memory = self.measured.memory
        return None if memory is None else memory.temporaries / (self.seeds or self.environments)


@dataclasses.dataclass(frozen=True)
class Reached:
    """How much of the machine's ceilings a program reaches, as fractions of 1.

    Attributes:
        products: operations of matrix products alone, as a fraction of the arithmetic ceiling.
        arithmetic: all operations, as a fraction of the arithmetic ceiling.
        bandwidth: bytes, as a fraction of the bandwidth ceiling; above 1 if caches served part of them.
    """

    products: float
    arithmetic: float
    bandwidth: float

    @property
    def limit(self) -> str:
        """The nearer ceiling, ``arithmetic`` or ``bandwidth``: the one with the larger fraction."""
        return "arithmetic" if self.arithmetic >= self.bandwidth else "bandwidth"

    @property
    def fraction(self) -> float:
        """The fraction reached of the nearer ceiling."""
        return max(self.arithmetic, self.bandwidth)


@dataclasses.dataclass(frozen=True)
class Report:
    """All measurements of one command.

    Attributes:
        before: the ceilings, measured before the rows.
        after: the ceilings, measured after the rows.
        rows: the measurements of the programs.
    """

    before: Ceilings
    after: Ceilings
    rows: list[Row]

    @property
    def arithmetic(self) -> float:
        """The arithmetic ceiling, operations per second: the higher of the two medians."""
        return max(self.before.arithmetic.median, self.after.arithmetic.median)

    @property
    def bandwidth(self) -> float:
        """The bandwidth ceiling, bytes per second: the higher of the two medians."""
        return max(self.before.bandwidth.median, self.after.bandwidth.median)

    def reached(self, row: Row) -> Reached:
        """Returns the fractions of the ceilings that a row reaches."""
        cost = row.measured.cost
        calls = row.measured.timing.rate(1.0).median
        return Reached(
            products=cost.products * calls / self.arithmetic,
            arithmetic=cost.operations * calls / self.arithmetic,
            bandwidth=cost.bytes * calls / self.bandwidth,
        )
