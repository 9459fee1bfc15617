"""Results of every kind that figures are drawn from."""

import dataclasses

import numpy as np
import pytest

from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED, ROBUST, UNTRAINED, VERDICTS
from tests.made_up import make_result


@pytest.fixture(scope="session")
def few():
    """Eight seeds, one of them incapable."""
    return make_result([MISGENERALIZED] * 5 + [ROBUST] * 2 + [INCAPABLE])


@pytest.fixture(scope="session")
def many():
    """Sixty seeds that stray far, some of them with neither figure."""
    verdicts = np.random.default_rng(1).choice(VERDICTS, 60, p=(0.25, 0.4, 0.15, 0.2)).tolist()
    result = make_result(verdicts, spread=0.12, levels=32)
    assert all(result.scores["verdicts"].values())
    assert any(np.isnan(seed["capability_generalization"]) for seed in result.scores["per_seed"])
    return result


@pytest.fixture(scope="session")
def one():
    return make_result([MISGENERALIZED])


@pytest.fixture(scope="session")
def undefined():
    """No seed has a goal generalization, and there is but one update."""
    result = make_result([INCAPABLE] * 3 + [UNTRAINED] * 2, updates=1)
    assert result.scores["goal_generalization"]["count"] == 0
    return result


@pytest.fixture(scope="session")
def unfinished(few):
    """No episode finished while training."""
    unknown = {
        name: np.full_like(few.curves[name], np.nan) for name in ("return_coin", "return_end", "length")
    }
    return dataclasses.replace(few, curves={**few.curves, **unknown})


@pytest.fixture(scope="session")
def wordy():
    """Three proxies and a long name."""
    goals = ("coin", "end", "shiny thing", "shield")
    return make_result(
        [MISGENERALIZED] * 4, goals=goals, algorithm="mypackage.agents.recurrent:make_algorithm"
    )


@pytest.fixture(params=("few", "many", "one", "undefined", "unfinished", "wordy"))
def case(request):
    return request.getfixturevalue(request.param)
