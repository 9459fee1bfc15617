"""A level of CoinRun for the tests of pictures."""

import numpy as np
import pytest


@pytest.fixture(scope="package")
def level(env):
    """A level of random cells, with the agent far from every edge."""
    symbols = np.random.default_rng(1).choice(list("#=~^f..."), (18, 30))
    symbols[9, 12], symbols[3, 28], symbols[7, 15] = "@", "G", "o"
    return env.parse("\n".join("".join(row) for row in symbols))
