"""Reading stored runs, suites and sweeps, with settings that are checked as if they had just been given."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError
from gmbench.runs.scores.stored import load_scored
from gmbench.runs.settings import Settings
from gmbench.runs.storage import manifests
from gmbench.runs.storage.results import Result


def read_settings(out: Path) -> Settings:
    """Reads the settings of a stored run, complete or not.

    Raises:
        UsageError: there is no run, or its manifest is damaged or was changed.
    """
    return Settings.from_manifest(manifests.read_manifest(out), out / manifests.MANIFEST)


def load_run(out: Path, expected: Settings | None = None) -> tuple[Task, Result]:
    """Reads a complete run and scores it from its stored episodes: its task and its result.

    Args:
        out: the directory of the run.
        expected: the settings of the run according to its suite or sweep; None for a run of its own.

    Raises:
        UsageError: there is no complete run, it has other settings, it is damaged, or it was evaluated on
            other packs than those of this version.
    """
    settings = read_settings(out)
    if expected is not None:
        check_same_settings(out, settings, expected)
    return load_scored(out)


def check_same_settings(out: Path, settings: Settings, expected: Settings) -> None:
    """Checks that a stored run has the settings that are expected.

    A complete run has made whole updates, so that its steps may be more than those that were asked for.

    Raises:
        UsageError: it has others.
    """
    more_steps = manifests.is_complete(out) or manifests.is_partial(out)
    other = [
        field.name
        for field in dataclasses.fields(Settings)
        if getattr(settings, field.name) != getattr(expected, field.name)
        and not (field.name == "steps" and more_steps and settings.steps > expected.steps)
    ]
    if other:
        raise UsageError(f"{out} holds a run with other {', '.join(other)}; give --out a new directory")


def suite_settings(out: Path) -> tuple[str, dict[str, Settings]]:
    """Reads the manifest of a suite: the id of the suite, and the settings of each task by its id.

    Raises:
        UsageError: there is none, or it is damaged or was changed.
    """
    stored, path = manifests.read_suite(out), out / manifests.SUITE
    settings = {task: Settings.from_manifest(own, path) for task, own in stored["settings"].items()}
    if any(own.task != task or not own.all_seeds for task, own in settings.items()):
        raise UsageError(f"{path} is not what a suite's run writes there; the run must be repeated")
    return stored["suite"], settings


def sweep_settings(out: Path) -> tuple[str, dict[str, Settings]]:
    """Reads the manifest of a sweep: the id of its task, and the settings of each condition by its name.

    Raises:
        UsageError: there is none, or it is damaged or was changed.
    """
    stored, path = manifests.read_sweep(out), out / manifests.SWEEP
    settings = {name: Settings.from_manifest(own, path) for name, own in stored["settings"].items()}
    first = next(iter(settings.values()))
    for name, own in settings.items():
        alike = dataclasses.replace(own, alpha=first.alpha, levels=first.levels) == first
        if name != condition_name(own) or own.task != stored["task"] or not alike:
            raise UsageError(f"{path} is not what a sweep writes there; it must be repeated")
    return stored["task"], settings


def condition_name(settings: Settings) -> str:
    """The name of the directory of a condition within that of its sweep."""
    return f"alpha-{settings.alpha:g}_levels-{settings.levels}"
