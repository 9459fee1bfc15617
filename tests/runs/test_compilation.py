import os
import subprocess
import sys
import threading
import time
from concurrent.futures import wait

import jax
import jax.numpy as jnp
import pytest

from gmbench.runs import compilation
from gmbench.cli.main import main
from gmbench.runs.compilation import QUICKLY, cache_folder, compile_clock, meanwhile, prepare

VARIABLES = ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "XLA_FLAGS")
PROGRAM = """
from gmbench.compilation import compile_clock, prepare
prepare()
import jax, jax.numpy as jnp
hits = []
jax.monitoring.register_event_listener(lambda event, **_: hits.append(event))
with compile_clock() as clock:
    jax.jit(lambda x: jnp.sin(x) @ x)(jnp.ones((8, 8))).block_until_ready()
assert clock.seconds > 0
print(sum(event == "/jax/compilation_cache/cache_hits" for event in hits))
"""


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """A clean environment whose user keeps caches in a folder of the test."""
    for name in (*VARIABLES, "TF_CPP_MIN_LOG_LEVEL"):
        monkeypatch.setenv(name, "")  # So that what the test sets is undone.
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return os.environ


def without_accelerator(monkeypatch):
    monkeypatch.setattr(compilation, "_installed", lambda package: False)


def test_programs_are_kept_in_the_users_cache(environment, tmp_path):
    prepare()
    assert environment["JAX_COMPILATION_CACHE_DIR"] == str(cache_folder())
    assert cache_folder().is_relative_to(tmp_path)


def test_what_the_user_has_set_stays(environment, monkeypatch):
    without_accelerator(monkeypatch)
    chosen = {"JAX_COMPILATION_CACHE_DIR": "", "XLA_FLAGS": "--xla_backend_optimization_level=2"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    prepare()
    assert {name: environment[name] for name in chosen} == chosen


def test_a_cpu_gets_quick_compilation_beside_the_users_flags(environment, monkeypatch):
    without_accelerator(monkeypatch)
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    prepare()
    assert environment["XLA_FLAGS"] == f"--xla_force_host_platform_device_count=2 {QUICKLY}"
    prepare()
    assert environment["XLA_FLAGS"].count(QUICKLY) == 1


def test_what_is_timed_is_compiled_as_well_as_can_be(environment, monkeypatch):
    without_accelerator(monkeypatch)
    assert main(["speed", "no-task"]) == 2
    assert "XLA_FLAGS" not in environment
    assert main(["score", "no-folder"]) == 2
    assert environment["XLA_FLAGS"] == QUICKLY


def test_an_accelerator_keeps_its_own_optimization(environment, monkeypatch):
    monkeypatch.setattr(compilation, "_installed", lambda package: package == "jax-cuda13-plugin")
    prepare()
    assert "XLA_FLAGS" not in environment


def test_a_second_command_compiles_nothing_anew(environment):
    found = [
        int(
            subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
        )
        for _ in range(2)
    ]
    assert found[0] == 0
    assert found[1] > 0


def test_the_clock_counts_compilations_within_it_alone():
    with compile_clock() as clock:
        jax.jit(lambda x: x + 1)(jnp.ones(3))
    counted = clock.seconds
    assert counted > 0
    jax.jit(lambda x: x + 2)(jnp.ones(3))
    assert clock.seconds == counted


class Traced:
    """What `meanwhile` takes: a program whose compilation does what it is told."""

    def __init__(self, build):
        self.compile = build


def test_programs_are_built_beside_what_is_done():
    begun, done = threading.Event(), threading.Event()

    def build():
        begun.set()
        assert done.wait(60)

    with meanwhile([Traced(build)]) as building:
        assert begun.wait(60)
        done.set()
        wait(building)


def test_one_program_is_built_while_the_next_is_traced():
    begun, done = threading.Event(), threading.Event()

    def build():
        begun.set()
        assert done.wait(60)

    def trace():
        yield Traced(build)
        assert begun.wait(60)
        done.set()
        yield Traced(lambda: built.append(True))

    built = []
    with meanwhile(trace()) as building:
        wait(building)
        assert built


def test_one_waits_for_programs_that_are_still_being_built():
    built = []

    def build():
        time.sleep(0.2)
        built.append(True)

    with meanwhile([Traced(build)]) as building:
        wait(building)
        assert built


def test_what_cannot_be_built_beside_stops_nothing():
    with meanwhile([Traced(lambda: 1 // 0), Traced(lambda: 1)]) as (broken, built):
        assert built.result() == 1
        assert isinstance(broken.exception(), ZeroDivisionError)


def test_what_fails_within_does_not_wait_for_programs_that_are_not_begun():
    begun, done, built = threading.Event(), threading.Event(), []

    def build():
        begun.set()
        assert done.wait(60)

    def fail():
        with meanwhile([Traced(build), Traced(lambda: built.append(True))]):
            assert begun.wait(60)
            threading.Timer(0.2, done.set).start()
            raise ValueError("within")

    with pytest.raises(ValueError, match="within"):
        fail()
    assert not built
