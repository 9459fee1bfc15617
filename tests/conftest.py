"""What several test files share: how programs are compiled, CoinRun, and pools of generated levels."""

import os
import tempfile

from gmbench.runs.compilation import configure_compilation

# Nearly all the time goes into building programs. They are built as commands build them, and only once for
# all processes of the tests, which inherit this environment from the first; nothing stays behind, unless
# the user names a folder to keep them in.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    compiled = tempfile.TemporaryDirectory(prefix="gmbench-compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled.name
configure_compilation()

import jax
import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.envs.coinrun import CoinRun, CoinRunLevels
from gmbench.envs.core.environment import DEFAULT_POOL_SIZE
from gmbench.envs.core.levels import generate
from gmbench.envs.keys import KeysLevels


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


@pytest.fixture(scope="module")
def without_pictures():
    """Runs draw nothing: pictures take longer than all the rest, and follow from the tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gmbench.reports.figures.save_figures", lambda *_: None)
        patch.setattr("gmbench.runs.run.save_showcase", lambda *_: None)
        yield
