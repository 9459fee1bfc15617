"""Fixtures that several folders of tests share: compilation, CoinRun, pools of levels, and tiny runs."""

import os
import tempfile

from gmbench.runs.compilation import configure_compilation

# Compilation takes nearly all the time of the tests. Programs are compiled as commands compile them, and
# cached for all processes of the tests, which inherit these environment variables. The cache is removed at
# the end, unless the user names a directory for it.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    compiled = tempfile.TemporaryDirectory(prefix="gmbench-compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled.name
configure_compilation()

import fcntl
import shutil
from pathlib import Path

import jax
import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.envs.coinrun import CoinRun, CoinRunLevels
from gmbench.envs.core.environment import DEFAULT_POOL_SIZE
from gmbench.envs.core.levels import generate
from gmbench.envs.keys import KeysLevels
from tests.commands import run_command
from tests.tiny_runs import SUITE_COMMAND, no_figures

MEMORY_MAPS = Path("/proc/self/maps")
"""Where Linux lists the memory maps of a process, one in a line."""
MOST_MAPS = 20_000
"""Memory maps with which a process goes on to the next file of tests. Linux allows 65,530 by default."""


@pytest.fixture(scope="module", autouse=True)
def few_programs():
    """Frees the compiled programs where there are many.

    XLA needs several memory maps for each, and crashes where Linux allows no more.
    """
    yield
    if MEMORY_MAPS.exists() and MEMORY_MAPS.read_bytes().count(b"\n") > MOST_MAPS:
        jax.clear_caches()


@pytest.fixture(scope="module", params=["coinrun-v1", "keys-v1"])
def either_task(request):
    """A task in which only the first goal counts, and one in which all events count.

    Tests of properties that all tasks have use these two, unless a property depends on a task's own files.
    """
    return load_task(request.param)


@pytest.fixture(scope="session")
def env():
    return CoinRun()


@pytest.fixture(scope="session")
def coinrun_pool():
    """A function that generates a pool of CoinRun levels.

    All pools have the same size, so that each generator is compiled only once.
    """

    def pool(coin="end", seed=0, **settings):
        return generate(CoinRunLevels(coin, **settings), jax.random.key(seed), DEFAULT_POOL_SIZE)

    return pool


@pytest.fixture(scope="session")
def keys_pool():
    """A function that generates a pool of Keys & Chests levels, all of the same size."""

    def pool(plenty="chests", seed=0, **settings):
        return generate(KeysLevels(plenty, **settings), jax.random.key(seed), DEFAULT_POOL_SIZE)

    return pool


@pytest.fixture(scope="session")
def make_once(tmp_path_factory):
    """A function that makes a directory once for all test files, and for all processes of pytest-xdist.

    It takes the name of the directory, and a function that writes the directory. Tests must not change it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # All processes share this one.

    def make(name, write):
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            complete = folder / f"{name}.complete"
            if not complete.exists():
                shutil.rmtree(folder / name, ignore_errors=True)
                write(folder / name)
                complete.touch()
        return folder / name

    return make


@pytest.fixture(scope="session")
def tiny_suite(make_once):
    """The directory of a tiny run of the suite ``quick``, with figures."""
    return make_once("tiny-suite", lambda out: run_command(*SUITE_COMMAND, "--out", out))


@pytest.fixture(scope="session")
def tiny_run(tiny_suite):
    """The directory of a tiny run of coinrun-v1, with figures."""
    return tiny_suite / "coinrun-v1"


@pytest.fixture(scope="module")
def without_figures():
    """Runs draw no figures, see `tests.tiny_runs.no_figures`."""
    with no_figures():
        yield
