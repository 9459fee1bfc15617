"""The trained policies of a complete run: a pytree of arrays on disk, written by orbax."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import jax

from gmbench.errors import UsageError, check_machine
from gmbench.runs.storage.atomic import directory_digest
from gmbench.runs.storage.files import cannot_write, check_size

FILE_BYTES = 1 << 16
"""The most bytes that a checkpoint takes for each array and file in addition to its numbers."""


def save(path: Path, tree: Any) -> None:
    """Writes a pytree of arrays to a new directory, completely or not at all. It may have no arrays.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if not jax.tree.leaves(tree):
            path.mkdir()  # Orbax would warn that it finds no arrays.
            return
        with _checkpointer() as checkpointer:
            checkpointer.save(path.absolute(), tree)
    except Exception as error:  # orbax passes on whatever its many backends raise.
        for part in path.parent.glob(f"{path.name}*"):
            shutil.rmtree(part, ignore_errors=True)  # A full disk needs the room.
        cause = error if isinstance(error, OSError) else OSError(str(error) or type(error).__name__)
        raise cannot_write(path, cause) from error


def restore(path: Path, like: Any, digest: str | None) -> Any:
    """Reads a pytree of arrays.

    Args:
        path: the directory.
        like: a pytree of arrays or shapes with the same structure, shapes and dtypes.
        digest: the SHA-256 of the directory, see `gmbench.runs.storage.atomic.directory_digest`.

    Raises:
        UsageError: the directory is missing, damaged or changed, or holds other arrays.
    """
    try:
        _check_size(path, like)
        if directory_digest(path) != digest:
            raise ValueError("its files are not those that the run wrote")
        if not jax.tree.leaves(like):
            return like
        with _checkpointer() as checkpointer:
            shapes = jax.eval_shape(lambda: like)
            _check_shapes(checkpointer.metadata(path.absolute()).item_metadata.tree, shapes)
            return checkpointer.restore(path.absolute(), shapes)
    except Exception as error:  # orbax passes on whatever its many backends raise.
        check_machine(error)
        raise UsageError(f"the checkpoint {path} is missing or damaged; the run must be repeated") from error


def _check_size(path: Path, like: Any) -> None:
    """Checks that the files of a directory are not larger than the arrays that they should hold.

    Raises:
        ValueError: they are.
        OSError: one of them is no regular file.
    """
    leaves = jax.tree.leaves(like)
    left = 2 * sum(leaf.size * leaf.dtype.itemsize for leaf in leaves) + (len(leaves) + 64) * FILE_BYTES
    for file in path.rglob("*"):
        if not file.is_dir():
            check_size(file, left)
            left -= file.stat().st_size


def _check_shapes(stored: Any, like: Any) -> None:
    """Checks, from the description of the stored arrays, that they are what is expected.

    Raises:
        ValueError: they are not.
    """
    found = {_path(path): leaf for path, leaf in jax.tree.leaves_with_path(stored)}
    expected = {_path(path): leaf for path, leaf in jax.tree.leaves_with_path(like)}
    if found.keys() != expected.keys() or any(
        tuple(found[name].shape) != leaf.shape or found[name].dtype != leaf.dtype
        for name, leaf in expected.items()
    ):
        raise ValueError("it holds other arrays")


def _path(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _checkpointer() -> Any:
    """Makes a checkpointer for this process alone: in a process group, each process writes its own files."""
    import orbax.checkpoint as ocp  # The import takes a second, which only runs should pay.

    if jax.process_count() == 1:
        return ocp.StandardCheckpointer()
    own = jax.process_index()
    options = ocp.options.MultiprocessingOptions(
        primary_host=own, active_processes={own}, barrier_sync_key_prefix=f"process-{own}"
    )
    return ocp.StandardCheckpointer(multiprocessing_options=options)
