from gmbench.speed.ceilings import measure_ceilings
from gmbench.speed.timing import Repeats


def test_ceilings_are_measured():
    ceilings = measure_ceilings(Repeats(count=2, seconds=1e-3), sides=(16, 64), stream=2**16)
    for spread in (ceilings.arithmetic, ceilings.bandwidth):
        assert 0 < spread.low <= spread.median <= spread.high
