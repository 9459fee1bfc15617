"""The cost of a compiled program: how many operations it computes and how many bytes it moves."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a program computes and moves when it runs once.

    Attributes:
        operations: arithmetic operations: one for each number computed, and two for each multiplication
            with addition in a matrix product.
        products: the operations that belong to matrix products; they are included in ``operations``.
        transcendentals: evaluations of exponentials and similar functions; not included in ``operations``.
        bytes: bytes that instructions read and write, whether in memory or in caches.
        loops_unknown: number of loops whose length the program does not state; their bodies count once.
        not_counted: opcodes and library calls whose operations cannot be counted, sorted by name.
    """

    operations: float = 0.0
    products: float = 0.0
    transcendentals: float = 0.0
    bytes: float = 0.0
    loops_unknown: int = 0
    not_counted: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything was counted; if not, the numbers are lower bounds."""
        return not self.loops_unknown and not self.not_counted

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            operations=self.operations + other.operations,
            products=self.products + other.products,
            transcendentals=self.transcendentals + other.transcendentals,
            bytes=self.bytes + other.bytes,
            loops_unknown=self.loops_unknown + other.loops_unknown,
            not_counted=tuple(sorted({*self.not_counted, *other.not_counted})),
        )

    def times(self, factor: float) -> Cost:
        """Returns the cost of running the program ``factor`` times; ``loops_unknown`` does not change."""
        return dataclasses.replace(
            self,
            operations=self.operations * factor,
            products=self.products * factor,
            transcendentals=self.transcendentals * factor,
            bytes=self.bytes * factor,
        )


def product_cost(operations: float) -> Cost:
    """Returns the cost of a matrix product that takes this number of operations; bytes are not included."""
    return Cost(operations=operations, products=operations)
