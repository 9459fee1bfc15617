"""How commands compile: quickly, only once, and by the clock."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

ACCELERATORS = ("jax-cuda12-plugin", "jax-cuda13-plugin", "jax-rocm7-plugin", "libtpu")
"""Packages that bring jax to an accelerator."""
QUICKLY = "--xla_backend_optimization_level=1"
"""On a CPU this halves the time to compile. Training is as fast, for its time goes into matrix products,
which are compiled already; environments by themselves take up to twice the time."""


def prepare(quickly: bool = True) -> None:
    """Keeps compiled programs on disk between commands, and compiles quickly where there is only a CPU.

    To be called before jax is imported, and by commands alone: a library must not change how the other
    programs of its user are compiled. What the user has set stays: ``JAX_COMPILATION_CACHE_DIR`` (empty for
    no cache), the level of optimization in ``XLA_FLAGS``, and how much XLA has to say.
    """
    # XLA remarks on every program that it takes from the cache.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_folder()))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    if quickly and not any(_installed(package) for package in ACCELERATORS):
        flags = os.environ.get("XLA_FLAGS", "")
        if "xla_backend_optimization_level" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} {QUICKLY}".strip()


def cache_folder() -> Path:
    """Where compiled programs are kept: in the user's folder for such things."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gmbench" / "compiled"


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def compile_timed(function: Any, *arguments: Any) -> tuple[Any, float]:
    """A jitted function compiled for some arguments, or their shapes, and the seconds that it took."""
    begun = time.perf_counter()
    compiled = function.lower(*arguments).compile()
    return compiled, time.perf_counter() - begun


class Clock:
    """Seconds that XLA has spent on building programs, or on fetching them from the cache, so far."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, event: str, duration_secs: float, **kwargs: str | int) -> None:
        """Counts an event of jax's monitoring."""
        if event == "/jax/core/compile/backend_compile_duration":
            self.seconds += duration_secs


@contextmanager
def compile_clock() -> Iterator[Clock]:
    """Clocks the compilations within."""
    import jax  # `prepare` comes before.

    clock = Clock()
    jax.monitoring.register_event_duration_secs_listener(clock)
    try:
        yield clock
    finally:
        jax.monitoring.unregister_event_duration_listener(clock)


@contextmanager
def meanwhile(build: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Builds programs beside what is done within, for a compiler uses one core.

    Gives a function that waits until they are there. What fails is kept back: it fails again, and is seen,
    where the program is called.
    """
    with ThreadPoolExecutor(1) as worker:
        building = worker.submit(build)

        def finish() -> None:
            wait([building])

        yield finish
