"""Checkpoints: pytrees on disk, by orbax."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax

from gmbench.errors import UsageError


def save(path: Path, tree: Any) -> None:
    """Writes a pytree of arrays to a new directory, whole or not at all."""
    with _checkpointer() as checkpointer:
        checkpointer.save(path.absolute(), tree)


def restore(path: Path, like: Any) -> Any:
    """Reads a pytree of arrays with the structure, shapes and dtypes of ``like``, arrays or their like.

    Raises:
        UsageError: there is no such checkpoint.
    """
    try:
        with _checkpointer() as checkpointer:
            return checkpointer.restore(path.absolute(), jax.eval_shape(lambda: like))
    except Exception as error:  # orbax raises whatever its many backends raise.
        raise UsageError(f"the checkpoint {path} is missing or damaged; the run must be repeated") from error


def _checkpointer() -> Any:
    """Writes and reads in this process alone: where there are others, each keeps what is its own."""
    import orbax.checkpoint as ocp  # Takes a second to import, which nothing else should pay for.

    if jax.process_count() == 1:
        return ocp.StandardCheckpointer()
    own = jax.process_index()
    options = ocp.options.MultiprocessingOptions(
        primary_host=own, active_processes={own}, barrier_sync_key_prefix=f"process-{own}"
    )
    return ocp.StandardCheckpointer(multiprocessing_options=options)
