"""The cache of compiled programs: a folder for each kind of processor, or none if it cannot be written."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
"""Where Linux describes the processors. Other systems do not have it."""
CPUINFO_FIELDS = (
    *("vendor_id", "cpu family", "model", "flags"),  # x86
    *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features"),  # Arm
    *("isa", "cpu"),  # RISC-V, Power
)
"""The fields that say which instructions a processor has."""


def cache_variable() -> str:
    """Returns the value of ``JAX_COMPILATION_CACHE_DIR`` for a command: the user's folder, or `cache_folder`.

    It is empty, which turns the cache off, if the folder cannot be written: a command needs no cache.
    """
    wanted = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    if wanted is not None and (not wanted or "://" in wanted):
        return wanted  # Off, or in a cloud.
    try:
        folder = cache_folder() if wanted is None else Path(wanted)
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except (OSError, RuntimeError):  # The latter: the user has no home directory.
        return ""
    return str(folder) if writable else ""


def cache_folder() -> Path:
    """The folder of compiled programs for the processor of this machine, within the user's cache directory.

    A program holds instructions of the processor that it was compiled for, and jax looks programs up without
    regard to it. So machines with different processors that share a home directory have different folders.

    Raises:
        RuntimeError: the user has no home directory.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = hashlib.sha256(describe_processor().encode()).hexdigest()
    return Path(base) / "gmbench" / "compiled" / digest[:16]


def describe_processor() -> str:
    """Returns a text that is equal on machines whose processors have the same instructions."""
    try:
        first = CPUINFO.read_text(errors="replace").partition("\n\n")[0]
    except OSError:
        first = ""
    fields = (line.partition(":") for line in first.splitlines())
    known = [f"{name.strip()}:{value.strip()}" for name, _, value in fields if name.strip() in CPUINFO_FIELDS]
    return "\n".join([platform.machine(), *(known or [platform.processor()])])
