from gmbench.speed.ceilings import measure_ceilings
from gmbench.speed.timing import Repeats


def test_ceilings_are_measured():
    ceilings = measure_ceilings(Repeats(count=2, seconds=1e-3), matrix_sizes=(16, 64), array_bytes=2**16)
    for rate in (ceilings.arithmetic, ceilings.bandwidth):
        assert 0 < rate.low <= rate.median <= rate.high
