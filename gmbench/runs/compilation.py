"""Compilation: settings for fast compilation, the cache of compiled programs, and the time it takes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import metadata
from typing import Any

from gmbench.runs.program_cache import cache_variable

ACCELERATOR_PACKAGES = ("jax-cuda12-plugin", "jax-cuda13-plugin", "jax-rocm7-plugin", "libtpu")
"""Packages that let jax use an accelerator."""
FAST_COMPILATION = "--xla_backend_optimization_level=1"
"""On a CPU this halves the time of compilation. Training is as fast as with the default, because it mostly
calls matrix products that are compiled already; environments alone take up to twice the time."""


def configure_compilation(fast: bool = True) -> None:
    """Sets the environment variables of jax and XLA for a command of gmbench.

    Compiled programs are cached on disk and, on a machine without an accelerator, compiled with few
    optimizations. Only commands call this, before they import jax: a library must not change how other
    programs of its user are compiled. It keeps what the user has set: ``JAX_COMPILATION_CACHE_DIR`` (empty
    for no cache; a folder that cannot be written is not used), the optimization level in ``XLA_FLAGS``, and
    ``TF_CPP_MIN_LOG_LEVEL``.

    Args:
        fast: whether to compile with few optimizations on a CPU.
    """
    # XLA logs warnings and errors about programs that it loads from the cache: it compares the features of
    # the processor with those that the compiler chose, which differ on some processors of AMD and Intel even
    # if the program was compiled on the same machine. Errors that matter are raised as exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = cache_variable()
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    if fast and not any(_installed(package) for package in ACCELERATOR_PACKAGES):
        flags = os.environ.get("XLA_FLAGS", "")
        if "xla_backend_optimization_level" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} {FAST_COMPILATION}".strip()


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def compile_timed(function: Any, *arguments: Any) -> tuple[Any, float]:
    """Compiles a jitted function for some arguments or shapes: the program, and the seconds it took."""
    began = time.perf_counter()
    compiled = function.lower(*arguments).compile()
    return compiled, time.perf_counter() - began


class CompileClock:
    """Counts the seconds that XLA spends on compiling programs, or on loading them from the cache."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, event: str, duration_secs: float, **kwargs: str | int) -> None:
        """Receives an event from jax's monitoring."""
        if event == "/jax/core/compile/backend_compile_duration":
            self.seconds += duration_secs


@contextmanager
def compile_clock() -> Iterator[CompileClock]:
    """Counts the time of compilation within a ``with`` block."""
    import jax  # Only after `configure_compilation`.

    clock = CompileClock()
    jax.monitoring.register_event_duration_secs_listener(clock)
    try:
        yield clock
    finally:
        jax.monitoring.unregister_event_duration_listener(clock)


@contextmanager
def compile_in_background(lowered: Iterable[Any]) -> Iterator[list[Future[Any]]]:
    """Compiles programs in a background thread while the ``with`` block runs.

    The first program already compiles while the next one is traced. At the end of the block, programs that
    have not started to compile are given up.

    Args:
        lowered: jitted functions, lowered for their arguments; anything with a method ``compile``.

    Yields:
        The futures of the compiled programs, in their order.
    """
    worker = ThreadPoolExecutor(1)
    try:
        yield [worker.submit(program.compile) for program in lowered]
    finally:
        worker.shutdown(cancel_futures=True)
