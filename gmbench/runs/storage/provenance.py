"""What the numbers of a run depend on beside its settings."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import numpy as np

import gmbench
from gmbench.runs.storage import results
from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import content_hash
from gmbench.errors import UsageError

LIBRARIES = ("jax", "jaxlib", "flax", "optax", "distrax", "gymnax", "numpy", "scipy")

LONGEST = 64
"""Arrays among an algorithm's settings are written down up to this size; of larger ones, the hash is."""


def circumstances_of(task: Task, learner: Algorithm[Any], pool: Any) -> dict[str, Any]:
    """The entries of a manifest that say what a run depends on.

    Args:
        task: the task.
        learner: for one seed.
        pool: the training levels.
    """
    return {
        "goals": [goal.name for goal in task.env.goals],
        "counting": task.counting,
        "config": _described(getattr(learner, "config", None)),
        "files": dict(task.files),
        "training_levels": content_hash(pool),
        "versions": {
            "gmbench": gmbench.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in LIBRARIES},
        },
        "devices": [str(device) for device in jax.local_devices()],
    }


def write_circumstances(folder: Path, circumstances: Mapping[str, Any]) -> None:
    """Writes down the circumstances of a run, or compares them with those that it was begun in.

    Raises:
        UsageError: they have changed.
    """
    manifest = results.read_manifest(folder)
    now = results.plain(circumstances)
    changed = [name for name, value in now.items() if name in manifest and manifest[name] != value]
    if changed:
        raise UsageError(
            f"the run in {folder} was begun with other {' and '.join(changed)} (see its {results.MANIFEST}); "
            "go on with those, or begin anew in another directory"
        )
    results.write_json(folder / results.MANIFEST, {**manifest, **now})


def check_packs(task: Task, manifest: Mapping[str, Any], folder: Path) -> None:
    """Whether a stored run was evaluated on the packs that this version has.

    Args:
        task: the task.
        manifest: of the run.
        folder: its directory.

    Raises:
        UsageError: it was not.
    """
    if manifest.get("files") != dict(task.files):
        raise UsageError(
            f"the run in {folder} was evaluated on other packs of {task.id} than this version of gmbench "
            f"has; use gmbench {manifest['versions']['gmbench']}"
        )


def _described(value: Any) -> Any:
    """Settings in JSON's own types, and the same in every process: what has no type there, by its name."""
    if isinstance(value, str | int | float | None):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _described(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _described(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_described(inner) for inner in value]
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        return np.asarray(value).tolist() if value.size <= LONGEST else content_hash(value)
    named = value if hasattr(value, "__qualname__") else type(value)
    name = f"{named.__module__}.{named.__qualname__}"
    # The text of an object often has its address, which the next process would take for a change.
    if named is not value and hasattr(value, "__dict__"):
        return {"type": name, **_described(vars(value))}
    return name
