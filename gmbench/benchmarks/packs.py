"""Frozen packs: the levels that agents are evaluated on. They are verified whenever they are read."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from importlib import resources
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.benchmarks.scoring import References
from gmbench.benchmarks.tasks.task import Task
from gmbench.errors import UsageError

PACK_SIZE = 512
"""Number of levels in a pack."""
REFERENCES = "references.json"
"""Name of the file with the mean returns of the reference policies: {pack: {policy: {goal: return}}}."""


class PackError(UsageError):
    """A frozen file is missing, or its content has changed since it was frozen."""


def pack_file(pack: str) -> str:
    """Returns the name of a pack's file."""
    return f"{pack}.npz"


def load_pack(task: Task, pack: str) -> Any:
    """Loads a frozen pack: a pool of `PACK_SIZE` levels.

    Raises:
        PackError: if the file is missing or damaged.
    """
    return decode(_read(task, pack_file(pack)), like=task.generators[pack])


def load_references(task: Task) -> dict[str, References]:
    """Loads the mean returns of the reference policies on each pack.

    Raises:
        PackError: if the file is missing or damaged.
    """
    stored = json.loads(_read(task, REFERENCES))
    return {pack: references_of(task, returns) for pack, returns in stored.items()}


def references_of(task: Task, returns: Mapping[str, Mapping[str, float]]) -> References:
    """Converts mean returns of the reference policies, {policy: {goal: return}}, to arrays."""
    goals = [goal.name for goal in task.env.goals]
    return References(
        optimal=np.array([[returns[policy][goal] for goal in goals] for policy in goals]),
        random=np.array([returns["random"][goal] for goal in goals]),
    )


def encode(pool: Any) -> bytes:
    """Writes a pool of levels as a compressed archive of arrays, named by the fields of a level."""
    names = {_name(path): np.asarray(leaf) for path, leaf in jax.tree.leaves_with_path(pool)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **names)  # type: ignore[arg-type]
    return buffer.getvalue()


def decode(content: bytes, like: Any) -> Any:
    """Reads a pool of levels from its archive.

    Args:
        content: the archive.
        like: a generator of levels of the same type.

    Raises:
        PackError: if the archive does not hold such levels.
    """
    level = jax.eval_shape(like, jax.random.key(0))
    try:
        arrays = dict(np.load(io.BytesIO(content), allow_pickle=False))
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise PackError(f"this is not an archive of levels ({error})") from error

    def restore(path: Any, leaf: jax.ShapeDtypeStruct) -> jax.Array:
        array = arrays.get(_name(path))
        if array is None or array.shape[1:] != leaf.shape or array.dtype != leaf.dtype:
            raise PackError(f"the archive of levels lacks {_name(path)} with shape {leaf.shape}")
        return jnp.asarray(array)

    return jax.tree.map_with_path(restore, level)


def _name(path: Any) -> str:
    """The name of an array in the archive, from its path in the level."""
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _read(task: Task, name: str) -> bytes:
    """Reads a frozen file of a task and compares its hash with the one in the task's definition."""
    file = resources.files("gmbench.benchmarks") / "data" / task.id / name
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PackError(f"{name} of {task.id} is missing at {file}; install gmbench again") from error
    if hashlib.sha256(content).hexdigest() != task.files.get(name):
        raise PackError(
            f"{name} of {task.id} at {file} is not the file that was frozen (its SHA-256 differs); "
            "install gmbench again"
        )
    return content
