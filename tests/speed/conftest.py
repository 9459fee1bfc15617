import pytest

from gmbench.runs.program_memory import Memory
from gmbench.speed.ceilings import Ceilings
from gmbench.speed.cost import Cost
from gmbench.speed.measurement import Measurement
from gmbench.speed.quartiles import Quartiles
from gmbench.speed.report import Report, Row
from gmbench.speed.timing import Timing


def make_row(seeds, environments, budget, operations, nbytes, **extra):
    """A row with known numbers: its program takes one second per call."""
    learning = seeds is not None
    measured = Measurement(
        steps=128_000_000,
        timing=Timing(calls=1, seconds=(0.9, 1.0, 1.1)),
        compile_seconds=123.4,
        cost=Cost(operations=operations, products=operations / 2 if learning else 0.0, bytes=nbytes, **extra),
        memory=Memory(arguments=10**9, outputs=10**9, aliased=10**8, temporaries=128 * 10**9),
        device_peak=None,
        holds={"learner": 999_949} if learning else {"state": 25, "observation": 1183},
    )
    return Row("coinrun-v1", seeds, environments, budget, measured)


@pytest.fixture
def report():
    """A report with known numbers."""
    before = Ceilings(arithmetic=Quartiles(90e9, 80e9, 95e9), bandwidth=Quartiles(50e9, 40e9, 60e9))
    after = Ceilings(arithmetic=Quartiles(100e9, 90e9, 110e9), bandwidth=Quartiles(40e9, 30e9, 50e9))
    rows = [
        make_row(None, 131_072, None, operations=10e9, nbytes=100e9),
        make_row(1, 4096, None, operations=50e9, nbytes=10e9),
        make_row(256, 16, None, operations=50e9, nbytes=10e9, loops_unknown=1),
        make_row(8, 32, "quick", operations=50e9, nbytes=25e9),
    ]
    return Report(before, after, rows)
