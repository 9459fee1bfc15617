import os
import subprocess
import sys
import threading
import time
from concurrent.futures import wait

import jax
import jax.numpy as jnp
import pytest

from gmbench.cli.main import main
from gmbench.runs import compilation
from gmbench.runs.compilation import (
    FAST_COMPILATION,
    compile_clock,
    compile_in_background,
    configure_compilation,
)
from gmbench.runs.program_cache import cache_folder

VARIABLES = ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "XLA_FLAGS")
PROGRAM = """
from gmbench.runs.compilation import compile_clock, configure_compilation
configure_compilation()
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
    """Environment variables without any of jax, and with a cache directory that belongs to the test."""
    for name in (*VARIABLES, "TF_CPP_MIN_LOG_LEVEL"):
        monkeypatch.setenv(name, "")  # So that monkeypatch restores what the test sets.
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return os.environ


def without_accelerator(monkeypatch):
    monkeypatch.setattr(compilation, "_installed", lambda package: False)


def test_programs_are_cached_in_the_users_cache_directory(environment, tmp_path):
    configure_compilation()
    assert environment["JAX_COMPILATION_CACHE_DIR"] == str(cache_folder())
    assert cache_folder().is_relative_to(tmp_path)


def test_variables_that_the_user_has_set_stay(environment, monkeypatch):
    without_accelerator(monkeypatch)
    chosen = {"JAX_COMPILATION_CACHE_DIR": "", "XLA_FLAGS": "--xla_backend_optimization_level=2"}
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    configure_compilation()
    assert {name: environment[name] for name in chosen} == chosen


def test_a_cpu_gets_fast_compilation_in_addition_to_the_users_flags(environment, monkeypatch):
    without_accelerator(monkeypatch)
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    configure_compilation()
    assert environment["XLA_FLAGS"] == f"--xla_force_host_platform_device_count=2 {FAST_COMPILATION}"
    configure_compilation()
    assert environment["XLA_FLAGS"].count(FAST_COMPILATION) == 1


def test_speed_is_measured_with_all_optimizations(environment, monkeypatch):
    without_accelerator(monkeypatch)
    assert main(["speed", "no-task"]) == 2
    assert "XLA_FLAGS" not in environment
    assert main(["score", "no-folder"]) == 2
    assert environment["XLA_FLAGS"] == FAST_COMPILATION


def test_an_accelerator_keeps_its_default_optimizations(environment, monkeypatch):
    monkeypatch.setattr(compilation, "_installed", lambda package: package == "jax-cuda13-plugin")
    configure_compilation()
    assert "XLA_FLAGS" not in environment


def test_a_second_process_loads_programs_from_the_cache(environment):
    found = [
        int(
            subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
        )
        for _ in range(2)
    ]
    assert found[0] == 0
    assert found[1] > 0


def test_the_clock_counts_only_compilations_within_its_block():
    with compile_clock() as clock:
        jax.jit(lambda x: x + 1)(jnp.ones(3))
    counted = clock.seconds
    assert counted > 0
    jax.jit(lambda x: x + 2)(jnp.ones(3))
    assert clock.seconds == counted


class Lowered:
    """A lowered program for `compile_in_background`, whose compilation calls a function of the test."""

    def __init__(self, compile_it):
        self.compile = compile_it


def test_programs_compile_while_the_block_runs():
    started, done = threading.Event(), threading.Event()

    def compile_it():
        started.set()
        assert done.wait(60)

    with compile_in_background([Lowered(compile_it)]) as compiling:
        assert started.wait(60)
        done.set()
        wait(compiling)


def test_one_program_compiles_while_the_next_is_traced():
    started, done = threading.Event(), threading.Event()

    def compile_it():
        started.set()
        assert done.wait(60)

    def trace():
        yield Lowered(compile_it)
        assert started.wait(60)
        done.set()
        yield Lowered(lambda: compiled.append(True))

    compiled = []
    with compile_in_background(trace()) as compiling:
        wait(compiling)
        assert compiled


def test_one_can_wait_for_programs_that_still_compile():
    compiled = []

    def compile_it():
        time.sleep(0.2)
        compiled.append(True)

    with compile_in_background([Lowered(compile_it)]) as compiling:
        wait(compiling)
        assert compiled


def test_a_program_that_fails_to_compile_does_not_stop_the_others():
    with compile_in_background([Lowered(lambda: 1 // 0), Lowered(lambda: 1)]) as (broken, compiled):
        assert compiled.result() == 1
        assert isinstance(broken.exception(), ZeroDivisionError)


def test_an_error_does_not_wait_for_programs_that_have_not_started_to_compile():
    started, done, compiled = threading.Event(), threading.Event(), []

    def compile_it():
        started.set()
        assert done.wait(60)

    def fail():
        with compile_in_background([Lowered(compile_it), Lowered(lambda: compiled.append(True))]):
            assert started.wait(60)
            threading.Timer(0.2, done.set).start()
            raise ValueError("within")

    with pytest.raises(ValueError, match="within"):
        fail()
    assert not compiled
