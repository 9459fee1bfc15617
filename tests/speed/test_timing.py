import jax.numpy as jnp

from gmbench.speed.quartiles import Quartiles
from gmbench.speed.timing import Repeats, Timing, time_repeats


def test_each_call_takes_the_result_of_the_call_before():
    calls = []

    def call(carry):
        calls.append(int(carry))
        return carry + 1

    timing = time_repeats(call, jnp.int32(0), Repeats(count=3, seconds=1e-9))
    assert timing.calls == 1
    assert calls == list(range(2 + 3))
    longer = time_repeats(call, jnp.int32(0), Repeats(count=1, seconds=0.05))
    assert longer.calls > 1
    assert len(longer.seconds) == 1


def test_rates_have_a_median_and_quartiles():
    timing = Timing(calls=1, seconds=(1.0, 2.0, 4.0, 4.0, 8.0))
    assert timing.rate(8.0) == Quartiles(median=2.0, low=2.0, high=4.0)
