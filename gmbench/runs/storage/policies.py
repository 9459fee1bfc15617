"""The trained policies of a complete run: a pytree of arrays on disk, written by orbax."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import jax

from gmbench.errors import UsageError, check_machine
from gmbench.runs.storage.files import cannot_write


def save(path: Path, tree: Any) -> None:
    """Writes a pytree of arrays to a new directory, completely or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        with _checkpointer() as checkpointer:
            checkpointer.save(path.absolute(), tree)
    except Exception as error:  # orbax passes on whatever its many backends raise.
        for part in path.parent.glob(f"{path.name}*"):
            shutil.rmtree(part, ignore_errors=True)  # A full disk needs the room.
        cause = error if isinstance(error, OSError) else OSError(str(error) or type(error).__name__)
        raise cannot_write(path, cause) from error


def restore(path: Path, like: Any) -> Any:
    """Reads a pytree of arrays.

    Args:
        path: the directory.
        like: a pytree of arrays or shapes with the same structure, shapes and dtypes.

    Raises:
        UsageError: the directory is missing or damaged.
    """
    try:
        with _checkpointer() as checkpointer:
            return checkpointer.restore(path.absolute(), jax.eval_shape(lambda: like))
    except Exception as error:  # orbax passes on whatever its many backends raise.
        check_machine(error)
        raise UsageError(f"the checkpoint {path} is missing or damaged; the run must be repeated") from error


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
