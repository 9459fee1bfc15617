"""Manifests: the JSON file in which a run, a suite or a sweep says what it is and whether it is complete.

A manifest may come from somebody else. Its digest shows whether it was changed, and its entries are checked
before anything is done with them: ids of tasks and suites become names of directories.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.suites import SUITES
from gmbench.errors import UsageError
from gmbench.runs.storage.files import read_sealed

MANIFEST, SUITE, SWEEP = "manifest.json", "suite.json", "sweep.json"
"""The manifests of a run, of a suite and of a sweep."""
SWEPT_SETTINGS = ("alpha", "levels")
"""The settings in which the conditions of a sweep may differ."""
STORED = "stored"
"""The entry with the SHA-256 of the tables and of the trained policies of a complete run."""
RUNNING, COMPLETE, PARTIAL = "running", "complete", "partial"
"""Values of ``status``: interrupted or under way; complete; all seeds of one part are complete."""


def read_manifest(out: Path) -> dict[str, Any]:
    """Reads the manifest of a run, complete or not. Its settings are checked by whoever uses them.

    Raises:
        UsageError: the directory holds no run, or its manifest is damaged or was changed.
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
    content = read_sealed(out / MANIFEST)
    known = _is_task(content.get("task")) and _is(content.get("seeds"), int) and _has_status(content)
    if not known or (content["status"] != RUNNING and not _has_results(content)):
        raise UsageError(f"{out / MANIFEST} is damaged; the run must be repeated")
    return content


def is_suite(out: Path) -> bool:
    """Whether a directory holds the run of a suite, complete or not."""
    return (out / SUITE).exists()


def read_suite(out: Path) -> dict[str, Any]:
    """Reads the manifest of a suite, complete or not.

    Raises:
        UsageError: there is none, it is damaged or was changed, or the suite has other tasks.
    """
    content = read_sealed(out / SUITE)
    suite, settings = content.get("suite"), content.get("settings")
    if not (isinstance(suite, str) and suite in SUITES and _are_mappings(settings) and _has_status(content)):
        raise UsageError(f"{out / SUITE} is not what a suite's run writes there; the run must be repeated")
    if list(content["settings"]) != list(SUITES[suite].tasks):
        tasks = ", ".join(content["settings"])
        raise UsageError(f"{out} was started with the tasks {tasks}; start {suite} in a new directory")
    return content


def is_sweep(out: Path) -> bool:
    """Whether a directory holds a sweep, complete or not."""
    return (out / SWEEP).exists()


def read_sweep(out: Path) -> dict[str, Any]:
    """Reads the manifest of a sweep, complete or not. Names of conditions are checked by whoever uses them.

    Raises:
        UsageError: there is none, or it is damaged or was changed.
    """
    if not is_sweep(out):
        raise UsageError(f"{out} holds no {SWEEP}, so it is not the output of a sweep")
    content = read_sealed(out / SWEEP)
    known = _is_task(content.get("task")) and _has_status(content)
    if not (known and _are_mappings(content.get("settings"))):
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
            return read_sealed(path).get("status")
    return None


def _has_status(content: Mapping[str, Any]) -> bool:
    return content.get("status") in (RUNNING, COMPLETE, PARTIAL)


def _has_results(content: Mapping[str, Any]) -> bool:
    """Whether a manifest has what the manifest of a complete run or part has."""
    versions, seconds = content.get("versions"), content.get("seconds")
    lost, seeds = content.get("diverged"), content.get("seeds")
    return (
        isinstance(versions, dict)
        and all(_is(name, str) for name in (*versions.values(), versions.get("gmbench")))
        and isinstance(seconds, dict)
        and all(_is(value, int, float) for value in seconds.values())
        and {"train", "compile", "all"} <= seconds.keys()
        and isinstance(lost, list)
        and all(_is(seed, int) and 0 <= seed < seeds for seed in lost)
        and lost == sorted(set(lost))
        and _are_texts(content.get("devices"))
        and _are_texts(content.get("goals"))
        and isinstance(content.get("files"), dict)
        and isinstance(content.get(STORED, {}), dict)
    )


def _is(value: Any, *types: type) -> bool:
    """Whether a value has one of some types; True is no number."""
    return type(value) in types


def _is_task(value: Any) -> bool:
    return isinstance(value, str) and value in TASKS


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _are_mappings(value: Any) -> bool:
    """Whether a value is an object of objects, and not empty."""
    return isinstance(value, dict) and bool(value) and all(isinstance(own, dict) for own in value.values())
