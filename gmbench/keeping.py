"""Training that is kept on disk while it goes on, so that little is lost when it is interrupted."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench import checkpoint
from gmbench.agents.training import Halfway
from gmbench.errors import Interrupted, UsageError
from gmbench.results import PART

TRAINING = "training"
"""A run's directory for its checkpoints; when the run is complete, it is removed."""
LEARNERS, METRICS, DIGESTS = "learners", "metrics.npz", "digests.json"
KEPT = 2
"""Checkpoints that are kept: should the last one be damaged, there is another."""
SECONDS = 30.0
"""Training is kept so often, and so much of it a kill costs, but for the update under way."""


class Keeper:
    """Keeps the training of a run in its directory, and takes it up again."""

    def __init__(self, out: Path, stop: Callable[[], bool]) -> None:
        """Args: the run's directory, and whether the user wants to stop."""
        self._out, self._folder, self._stop = out, out / TRAINING, stop
        self._last = time.monotonic()

    def load(self, start: Halfway) -> Halfway:
        """Where training was when it was last kept, or else ``start``.

        Raises:
            UsageError: the checkpoint is damaged.
        """
        kept = self._kept()
        if not kept:
            return start
        try:
            return _read(kept[-1], start)
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(
                f"the checkpoint {kept[-1]} is damaged; remove it, and training goes on from an earlier one"
            ) from error

    def due(self) -> bool:
        """Whether it is time to keep what there is."""
        return self._stop() or time.monotonic() - self._last >= SECONDS

    def save(self, state: Halfway) -> None:
        """Keeps training as it is now: whole, or as it was kept before.

        Raises:
            UsageError: it cannot be written.
            Interrupted: the user wants to stop.
        """
        try:
            _write(self._folder / f"{state.done:09}", state)
            for older in self._kept()[:-KEPT]:
                shutil.rmtree(older)
        except Exception as error:  # orbax raises whatever its many backends raise.
            raise UsageError(
                f"training cannot be kept in {self._folder} ({error}); make room, and go on with "
                f"gmbench run --resume {self._out}"
            ) from error
        self._last = time.monotonic()
        self.check()

    def check(self) -> None:
        """Stops the run if the user wants to.

        Raises:
            Interrupted: they do.
        """
        if self._stop():
            raise Interrupted(f"stopped, and kept; go on with gmbench run --resume {self._out}")

    def clear(self) -> None:
        """Removes what was kept: the run is complete."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kept(self) -> list[Path]:
        """Whole checkpoints, the last one last."""
        return sorted(path for path in self._folder.glob("*") if path.name.isdigit())


def _write(path: Path, state: Halfway) -> None:
    """Writes a checkpoint beside its place, and moves it there."""
    part = path.with_name(path.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    checkpoint.save(part / LEARNERS, _raw(state.blocks))
    names = sorted(state.metrics[0]) if state.metrics else []
    columns = {f"metric_{name}": np.stack([metrics[name] for metrics in state.metrics]) for name in names}
    np.savez(part / METRICS, seconds=state.seconds, **columns)  # type: ignore[arg-type]
    (part / DIGESTS).write_text(json.dumps(_digests(part)))
    shutil.rmtree(path, ignore_errors=True)
    part.replace(path)


def _read(path: Path, start: Halfway) -> Halfway:
    """Reads a checkpoint.

    Raises:
        ValueError, OSError or KeyError: it is damaged, or of another learner.
    """
    if json.loads((path / DIGESTS).read_text()) != _digests(path):
        raise ValueError("its files are not those that were written")
    raw = checkpoint.restore(path / LEARNERS, _raw(start.blocks))
    leaves, form = jax.tree.flatten(start.blocks)
    blocks = jax.tree.unflatten(form, [_typed(raw[_name(i)], leaf) for i, leaf in enumerate(leaves)])
    with np.load(path / METRICS) as stored:
        seconds = float(stored["seconds"])
        columns = {
            name.removeprefix("metric_"): stored[name] for name in stored.files if name.startswith("metric_")
        }
    done = int(path.name)
    metrics = [{name: column[update] for name, column in columns.items()} for update in range(done)]
    return Halfway(done, blocks, metrics, seconds)


def _digests(folder: Path) -> dict[str, str]:
    """A hash of every file in a folder, but for that of the hashes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != DIGESTS)
    return {str(path.relative_to(folder)): _digest(path) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _raw(tree: Any) -> dict[str, Any]:
    """The arrays of a pytree by number, keys as the numbers that they are made of."""
    leaves = enumerate(jax.tree.leaves(tree))
    return {_name(i): jax.random.key_data(leaf) if _is_key(leaf) else leaf for i, leaf in leaves}


def _typed(raw: Any, like: Any) -> Any:
    return jax.random.wrap_key_data(raw, impl=jax.random.key_impl(like)) if _is_key(like) else raw


def _is_key(leaf: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _name(number: int) -> str:
    return f"{number:04}"
