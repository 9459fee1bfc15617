"""Settings of JAX: gmbench computes with the same ones, whatever a user has set, on devices that are there.

The settings hold for the thread that computes, and until it has computed: a program that calls gmbench keeps
its own. This module imports JAX late, and nothing else: gymnax computes as soon as it is imported, so that
devices must be checked, and a process group joined, before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import ParamSpec, TypeVar

from gmbench.errors import UsageError

PINNED = {
    "enable_x64": False,
    "numpy_dtype_promotion": "standard",
    "numpy_rank_promotion": "allow",
    "default_matmul_precision": None,
    "default_prng_impl": "threefry2x32",
    "threefry_partitionable": True,
    "debug_nans": False,
    "debug_infs": False,
    "disable_jit": False,
    "check_tracer_leaks": False,
    "transfer_guard": "allow",
}
"""The settings that gmbench pins, by the name of the context manager in ``jax``: the defaults of JAX.

A metric may be NaN where no episode ended, and a seed may diverge, so that NaN must not stop the program.
"""


ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")


def computing(function: Callable[ArgumentsT, ResultT], join: bool = False) -> Callable[ArgumentsT, ResultT]:
    """Makes a function compute with the pinned settings of JAX, after its devices are checked.

    Args:
        function: the function.
        join: whether it checks the devices itself, after it has joined a process group.
    """

    @functools.wraps(function)
    def with_pinned(*arguments: ArgumentsT.args, **keywords: ArgumentsT.kwargs) -> ResultT:
        with pinned():
            if not join:
                check_devices()
            return function(*arguments, **keywords)

    return with_pinned


@contextmanager
def pinned() -> Iterator[None]:
    """Pins the settings of JAX for a ``with`` block.

    Raises:
        UsageError: a setting is in force that changes random numbers and cannot be pinned.
    """
    import jax  # Commands that compute nothing do not wait for it.

    if jax.config.jax_random_seed_offset:  # type: ignore[attr-defined]
        raise UsageError("JAX_RANDOM_SEED_OFFSET changes all random numbers; unset it")
    with ExitStack() as stack:
        for name, value in PINNED.items():
            stack.enter_context(getattr(jax, name)(value))
        yield


def check_devices() -> None:
    """Checks that JAX can use the devices that the user asks for, with ``JAX_PLATFORMS`` for instance.

    Raises:
        UsageError: it cannot.
    """
    import jax

    try:
        jax.local_devices()
    except (
        RuntimeError,
        AssertionError,
    ) as error:  # jax asserts that there is a device.
        reason = str(error).strip().partition("\n")[0].partition(" (set JAX_PLATFORMS")[0].rstrip(".")
        asked = jax.config.jax_platforms  # type: ignore[attr-defined]
        named = f"the devices that JAX_PLATFORMS={asked} asks for" if asked else "any device"
        raise UsageError(
            f"JAX cannot use {named} ({reason or 'there is none'}); unset JAX_PLATFORMS, or set it to cpu"
        ) from error
