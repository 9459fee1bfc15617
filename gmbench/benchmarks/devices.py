"""The devices of JAX, checked before anything is computed on them."""

from __future__ import annotations

from gmbench.errors import UsageError


def check_devices() -> None:
    """Checks that JAX can use the devices that the user asks for, with ``JAX_PLATFORMS`` for instance.

    Raises:
        UsageError: it cannot.
    """
    import jax  # The registry of tasks is imported by commands that do not wait for it.

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
