"""How commands compile: quickly, only once, and by the clock."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
def meanwhile(traced: Iterable[Any]) -> Iterator[list[Future[Any]]]:
    """Builds programs beside what is done within, and each of them beside the tracing of the next.

    Gives what they will be, in their order. Those that are not begun yet when it is left are not built.

    Args:
        traced: jitted functions, lowered for their arguments, or whatever else can be compiled.
    """
    worker = ThreadPoolExecutor(1)
    try:
        yield [worker.submit(program.compile) for program in traced]
    finally:
        worker.shutdown(cancel_futures=True)
