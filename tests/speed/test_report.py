import pytest


def test_fractions_refer_to_the_higher_ceilings_and_the_nearer_ceiling_is_the_limit(report):
    environments, alone, *_, quick = (report.reached(row) for row in report.rows)
    assert (environments.arithmetic, environments.bandwidth) == pytest.approx((0.1, 2.0))
    assert (environments.limit, environments.fraction) == ("bandwidth", pytest.approx(2.0))
    assert (alone.products, alone.arithmetic, alone.bandwidth) == pytest.approx((0.25, 0.5, 0.2))
    assert (alone.limit, alone.fraction) == ("arithmetic", pytest.approx(0.5))
    assert quick.limit == "arithmetic", "both ceilings are equally near"
