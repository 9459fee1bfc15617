"""What several test files share: CoinRun, and pools of generated levels."""

import jax
import pytest

from gmbench.benchmarks.tasks import load_task
from gmbench.envs.coinrun import CoinRun, CoinRunLevels
from gmbench.envs.environment import DEFAULT_POOL_SIZE
from gmbench.envs.keys import KeysLevels
from gmbench.envs.levels import generate


@pytest.fixture(scope="module", params=["coinrun-v1", "keys-v1"])
def either_task(request):
    """A task where the first goal counts, and one where all events do: what holds for any task is tried on
    these two, unless it is a matter of each task's own files or environment."""
    return load_task(request.param)


@pytest.fixture(scope="session")
def env():
    return CoinRun()


@pytest.fixture(scope="session")
def coinrun_pool():
    """A function that gives a pool of generated levels: the same size everywhere, so that each generator
    is compiled once."""

    def pool(coin="end", seed=0, **settings):
        return generate(CoinRunLevels(coin, **settings), jax.random.key(seed), DEFAULT_POOL_SIZE)

    return pool


@pytest.fixture(scope="session")
def keys_pool():
    """The same for Keys & Chests."""

    def pool(plenty="chests", seed=0, **settings):
        return generate(KeysLevels(plenty, **settings), jax.random.key(seed), DEFAULT_POOL_SIZE)

    return pool
