"""Made-up results of runs, of every kind that figures must be able to show."""

import dataclasses

import numpy as np
import pytest

from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED, ROBUST, UNTRAINED
from tests.made_up import RATES, make_result


@pytest.fixture(scope="session")
def few():
    """A run of eight seeds, one of them incapable."""
    return make_result([MISGENERALIZED] * 5 + [ROBUST] * 2 + [INCAPABLE])


@pytest.fixture(scope="session")
def many():
    """A run of sixty seeds that differ much; for some of them both K and G are undefined."""
    verdicts = np.random.default_rng(1).choice(list(RATES), 60, p=(0.2, 0.3, 0.15, 0.15, 0.1, 0.1)).tolist()
    result = make_result(verdicts, spread=0.12, levels=32)
    assert all(result.scores["verdicts"][verdict] for verdict in RATES)
    assert any(np.isnan(seed["capability_generalization"]) for seed in result.scores["per_seed"])
    return result


@pytest.fixture(scope="session")
def one():
    return make_result([MISGENERALIZED])


@pytest.fixture(scope="session")
def undefined():
    """A run of one update in which G is undefined for every seed."""
    result = make_result([INCAPABLE] * 3 + [UNTRAINED] * 2, updates=1)
    assert result.scores["goal_generalization"]["count"] == 0
    return result


@pytest.fixture(scope="session")
def unfinished(few):
    """A run in which no episode finished during training."""
    unknown = {
        name: np.full_like(few.curves[name], np.nan) for name in ("return_coin", "return_end", "length")
    }
    return dataclasses.replace(few, curves={**few.curves, **unknown})


@pytest.fixture(scope="session")
def wordy():
    """A run with three proxies and an algorithm with a long name."""
    goals = ("coin", "end", "shiny thing", "shield")
    return make_result(
        [MISGENERALIZED] * 4, goals=goals, algorithm="mypackage.agents.recurrent:make_algorithm"
    )


@pytest.fixture(params=("few", "many", "one", "undefined", "unfinished", "wordy"))
def case(request):
    return request.getfixturevalue(request.param)
