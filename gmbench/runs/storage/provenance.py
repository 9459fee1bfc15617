"""Provenance: everything that the numbers of a run depend on, except its settings.

It is written to the manifest. A run resumes, and parts are merged, only where it is unchanged.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench import __version__
from gmbench.agents.algorithm import Algorithm
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import content_hash, count_distinct
from gmbench.errors import UsageError
from gmbench.runs.storage.files import to_json_types, write_sealed
from gmbench.runs.storage.manifests import MANIFEST, RUNNING, read_manifest

LIBRARIES = ("jax", "jaxlib", "flax", "optax", "distrax", "gymnax", "numpy", "scipy")

LARGEST_ARRAY = 64
"""Up to this many elements, arrays among an algorithm's settings are written out; larger ones are hashed."""


def collect_provenance(task: Task, learner: Algorithm[Any], pool: Any) -> dict[str, Any]:
    """Collects the entries of a manifest that describe the provenance of a run.

    Args:
        task: the task of the run.
        learner: the algorithm, for one seed.
        pool: the training levels.
    """
    return {
        "goals": [goal.name for goal in task.env.goals],
        "counting": task.counting,
        "config": _to_json(getattr(learner, "config", None)),
        "files": dict(task.files),
        "training_levels": content_hash(pool),
        "distinct_levels": count_distinct(pool),
        "versions": {
            "gmbench": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in LIBRARIES},
        },
        "devices": [str(device) for device in jax.local_devices()],
    }


def write_provenance(folder: Path, provenance: Mapping[str, Any]) -> None:
    """Writes the provenance of a run to its manifest, or compares it with what stands there already.

    Raises:
        UsageError: the provenance has changed since the run was started.
    """
    manifest = compare_provenance(folder, provenance)
    if manifest["status"] == RUNNING:
        write_sealed(folder / MANIFEST, {**manifest, **to_json_types(provenance)})


def compare_provenance(folder: Path, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Compares the provenance that a run would have now with what its manifest has of it, and returns that.

    Raises:
        UsageError: the provenance has changed since the run was started.
    """
    manifest = read_manifest(folder)
    now = to_json_types(provenance)
    changed = [name for name, value in now.items() if name in manifest and manifest[name] != value]
    if changed:
        raise UsageError(
            f"the run in {folder} was started with other {' and '.join(changed)} (see its {MANIFEST}); "
            "resume it with those, or start a new run in another directory"
        )
    return manifest


def check_packs(task: Task, manifest: Mapping[str, Any], folder: Path) -> None:
    """Checks that a stored run was evaluated on the packs of this version.

    Args:
        task: the task of the run.
        manifest: the manifest of the run.
        folder: the directory of the run, which the message names.

    Raises:
        UsageError: it was evaluated on other packs.
    """
    if manifest.get("files") != dict(task.files):
        raise UsageError(
            f"the run in {folder} was evaluated on other packs of {task.id} than this version of gmbench "
            f"has; use gmbench {manifest['versions']['gmbench']}"
        )


def _to_json(value: Any) -> Any:
    """Converts the settings of an algorithm to JSON types, equally in every process.

    Objects without a JSON type are named by their type or function.
    """
    if isinstance(value, str | int | float | None):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(inner) for inner in value]
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        return np.asarray(value).tolist() if value.size <= LARGEST_ARRAY else content_hash(value)
    named = value if hasattr(value, "__qualname__") else type(value)
    name = f"{named.__module__}.{named.__qualname__}"
    # The repr of an object often contains its address, which differs between processes.
    if named is not value and hasattr(value, "__dict__"):
        return {"type": name, **_to_json(vars(value))}
    return name
