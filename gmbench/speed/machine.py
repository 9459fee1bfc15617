"""Describes the machine that speed is measured on: device, processors, versions."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

import jax

from gmbench import __version__


def describe_machine() -> dict[str, Any]:
    """Describes the machine in values that JSON can hold; only the first device is used and described."""
    device = jax.devices()[0]
    return {
        "platform": device.platform,
        "device": device.device_kind,
        "cpus": _usable_processors(),
        "versions": {
            "gmbench": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("jax", "jaxlib")},
        },
    }


def machine_line() -> str:
    """Describes the machine in one line of text."""
    machine = describe_machine()
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return f"{machine['device']}, {machine['cpus']} processors; {versions}"


def _usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
