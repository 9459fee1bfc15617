"""Manifests: the JSON file in which a run, a suite or a sweep says what it is and whether it is complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gmbench.errors import UsageError
from gmbench.runs.storage.files import read_json

MANIFEST, SUITE, SWEEP = "manifest.json", "suite.json", "sweep.json"
"""The manifests of a run, of a suite and of a sweep."""
SWEPT_SETTINGS = ("alpha", "levels")
"""The settings in which the conditions of a sweep may differ."""
RUNNING, COMPLETE, PARTIAL = "running", "complete", "partial"
"""Values of ``status``: interrupted or under way; complete; all seeds of one part are complete."""


def read_manifest(out: Path) -> dict[str, Any]:
    """Reads the manifest of a run, complete or not.

    Raises:
        UsageError: the directory holds no run.
    """
    if not out.is_dir():
        raise UsageError(f"there is no directory {out}; give the --out of an earlier run")
    if is_suite(out):
        task = next(iter(read_suite(out)["settings"]))
        raise UsageError(f"{out} holds the run of a suite; give that of a task, such as {out / task}")
    if is_sweep(out):
        name = next(iter(read_sweep(out)["settings"]))
        raise UsageError(f"{out} holds a sweep; give one of its conditions, such as {out / name}")
    if not (out / MANIFEST).exists():
        raise UsageError(f"{out} holds no {MANIFEST}, so it is not the output of a run")
    return read_json(out / MANIFEST)


def is_suite(out: Path) -> bool:
    """Whether a directory holds the run of a suite, complete or not."""
    return (out / SUITE).exists()


def read_suite(out: Path) -> dict[str, Any]:
    """Reads the manifest of a suite, complete or not.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    content = read_json(out / SUITE)
    if "suite" not in content or not content.get("settings"):
        raise UsageError(f"{out / SUITE} is not what a suite's run writes there; the run must be repeated")
    return content


def is_sweep(out: Path) -> bool:
    """Whether a directory holds a sweep, complete or not."""
    return (out / SWEEP).exists()


def read_sweep(out: Path) -> dict[str, Any]:
    """Reads the manifest of a sweep, complete or not.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    if not is_sweep(out):
        raise UsageError(f"{out} holds no {SWEEP}, so it is not the output of a sweep")
    content = read_json(out / SWEEP)
    if "task" not in content or not content.get("settings"):
        raise UsageError(f"{out / SWEEP} is not what a sweep writes there; it must be repeated")
    return content


def is_interrupted(out: Path) -> bool:
    """Whether a directory holds a run, a suite or a sweep that was started and is not complete."""
    return _status(out) == RUNNING


def is_partial(out: Path) -> bool:
    """Whether a directory holds one complete part of a run or of a sweep."""
    return _status(out) == PARTIAL


def is_complete(out: Path) -> bool:
    """Whether a directory holds a complete run, suite or sweep."""
    return _status(out) == COMPLETE


def _status(out: Path) -> str | None:
    """The status in the manifest of a directory; None without a manifest."""
    for path in (out / MANIFEST, out / SUITE, out / SWEEP):
        if path.exists():
            return read_json(path).get("status")
    return None
