"""Training that is kept on disk while it goes on, so that little is lost when it is interrupted."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.runs.storage import results
from gmbench.runs.training import Halfway
from gmbench.runs.storage.arrays import read_arrays, write_arrays
from gmbench.errors import Interrupted, UsageError
from gmbench.runs.memory_planning import Plan
from gmbench.runs.storage.atomic import check_whole, write_whole

TRAINING = "training"
"""A run's directory for its checkpoints; when the run is complete, it is removed."""
LEARNERS, METRICS, PLAN = "learners.npz", "metrics.npz", "plan.json"
KEPT = 2
"""Checkpoints that are kept: should the last one be damaged, there is another."""
SECONDS = 30.0
"""Training is kept so often, and so much of it a kill costs, but for the update under way."""


class Keeper:
    """Keeps the training of a run in its directory, and takes it up again."""

    def __init__(self, out: Path, stop: Callable[[], bool], group: str = "") -> None:
        """Args: the run's directory, whether the user wants to stop, and which of its groups this is."""
        self._out, self._folder, self._stop = out, out / TRAINING / group, stop
        self._last = time.monotonic()
        self._cohort = 0

    def plan(self, found: Plan | None = None) -> Plan | None:
        """How seeds are put together: as it was kept, or ``found``, which is kept now; None if there is none.

        Raises:
            UsageError: it cannot be read or written.
        """
        path = self._folder / PLAN
        if path.exists():
            try:
                return Plan(**json.loads(path.read_text()))
            except (OSError, ValueError, TypeError) as error:
                raise UsageError(
                    f"{path} is damaged; remove {self._folder}, and training begins anew"
                ) from error
        if found is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            results.write_json(path, dataclasses.asdict(found))
        return found

    def begin(self, cohort: int) -> None:
        """From now on it is the training of this cohort that is kept."""
        self._cohort = cohort

    def load(self, start: Halfway) -> Halfway:
        """Where training was when it was last kept, or else ``start``.

        Raises:
            UsageError: the checkpoint is damaged.
        """
        kept = [path for path in self._kept() if _numbers(path)[0] == self._cohort]
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
            write_whole(self._folder / f"{self._cohort:04}-{state.done:09}", lambda path: _write(path, state))
            for older in self._kept()[:-KEPT]:
                shutil.rmtree(older)
        except OSError as error:
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
        shutil.rmtree(self._out / TRAINING, ignore_errors=True)

    def _kept(self) -> list[Path]:
        """Whole checkpoints, the last one last."""
        return sorted(path for path in self._folder.glob("*-*") if path.name.replace("-", "").isdigit())


def _numbers(path: Path) -> tuple[int, int]:
    """The cohort, and the updates done, of a checkpoint."""
    cohort, done = path.name.split("-")
    return int(cohort), int(done)


def _write(path: Path, state: Halfway) -> None:
    """Writes a checkpoint to a new directory."""
    write_arrays(path / LEARNERS, state.batches)
    names = sorted(state.metrics[0]) if state.metrics else []
    columns = {f"metric_{name}": np.stack([metrics[name] for metrics in state.metrics]) for name in names}
    np.savez(path / METRICS, seconds=state.seconds, **columns)  # type: ignore[arg-type]


def _read(path: Path, start: Halfway) -> Halfway:
    """Reads a checkpoint.

    Raises:
        ValueError, OSError or KeyError: it is damaged, or of another learner.
    """
    check_whole(path)
    batches = jax.tree.map(_placed, read_arrays(path / LEARNERS, start.batches), start.batches)
    with np.load(path / METRICS) as stored:
        seconds = float(stored["seconds"])
        columns = {
            name.removeprefix("metric_"): stored[name] for name in stored.files if name.startswith("metric_")
        }
    done = _numbers(path)[1]
    metrics = [{name: column[update] for name, column in columns.items()} for update in range(done)]
    return Halfway(done, batches, metrics, seconds)


def _placed(array: Any, like: jax.Array) -> jax.Array:
    """An array on the devices of another; a copy, which training may use up."""
    return jax.device_put(jnp.array(array), like.sharding)
