"""Checkpoints of training in progress, from which an interrupted run resumes."""

from __future__ import annotations

import dataclasses
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gmbench.errors import Interrupted, UsageError, check_machine
from gmbench.runs.storage.arrays import read_arrays, write_arrays
from gmbench.runs.storage.atomic import verify_directory, write_directory
from gmbench.runs.storage.directories import check_lock
from gmbench.runs.storage.files import cannot_write, read_sealed, write_sealed
from gmbench.runs.storage.npz import Array, read_npz

TRAINING = "training"
"""The directory of checkpoints within the directory of a run. A complete run removes it."""
LEARNERS, METRICS, PLAN = "learners.npz", "metrics.npz", "plan.json"
NAME = "[0-9]{4}-[0-9]{9}"
"""The name of a checkpoint: the number of its cohort, and the updates that it has made."""
CHECKPOINTS_KEPT = 2
"""If the latest checkpoint is damaged, the one before it can be used."""
SECONDS = 5.0
"""The least time between checkpoints. A kill loses at most this much training, and the update in progress."""
LARGEST_SHARE = 0.02
"""The largest share of the time that saving takes: where it is slow, checkpoints are farther apart."""


@dataclasses.dataclass(frozen=True)
class TrainingState:
    """The state of training after some updates.

    Attributes:
        done: updates that every seed has made.
        batches: the learners, see `gmbench.runs.training_programs.Cohort`.
        metrics: for each update, every metric of the algorithm, float32[blocks, seeds].
        seconds: time spent on these updates.
    """

    done: int
    batches: list[Any]
    metrics: Sequence[Mapping[str, np.ndarray]]
    seconds: float


class TrainingCheckpoints:
    """Saves the training of a run in its directory, and loads it again."""

    def __init__(self, out: Path, stop: Callable[[], bool], group: str = "") -> None:
        """Opens the checkpoints of a run. Their attribute ``seconds`` is the time spent on saving so far.

        Args:
            out: the directory of the run or sweep.
            stop: tells whether the user wants to stop.
            group: a subdirectory; a sweep has one for each group of conditions that train together.
        """
        self._out, self._folder, self._stop = out, out / TRAINING / group, stop
        self._next = time.monotonic() + SECONDS
        self._cohort = 0
        self.seconds = 0.0

    def load_plan(self) -> dict[str, Any] | None:
        """Loads how the run divides its blocks into cohorts; None if that has not been saved yet.

        Raises:
            UsageError: the file is damaged.
        """
        path = self._folder / PLAN
        if not path.exists():
            return None
        try:
            return read_sealed(path)
        except UsageError as error:
            check_machine(error)
            raise self.damaged_plan() from error

    def save_plan(self, plan: Mapping[str, Any]) -> None:
        """Saves how the run divides its blocks into cohorts.

        Raises:
            UsageError: it cannot be written.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        write_sealed(self._folder / PLAN, plan)

    def damaged_plan(self) -> UsageError:
        """The error to raise if the saved plan cannot be used."""
        return UsageError(
            f"{self._folder / PLAN} is damaged; remove {self._folder}, and training starts again"
        )

    def start_cohort(self, cohort: int) -> None:
        """Sets the number of the cohort whose training is saved and loaded from now on."""
        self._cohort = cohort

    def load(self, start: TrainingState, metrics: Mapping[str, Array], updates: int) -> TrainingState:
        """Loads the latest checkpoint of the cohort, or returns ``start`` if there is none.

        Args:
            start: the state before the first update.
            metrics: shape and dtype of every metric of one update, by its name.
            updates: the number of all updates.

        Raises:
            UsageError: the checkpoint is damaged.
        """
        saved = [path for path in self._checkpoints() if _numbers(path)[0] == self._cohort]
        if not saved:
            return start
        try:
            return _read(saved[-1], start, metrics, updates)
        except (OSError, ValueError) as error:
            check_machine(error)
            raise UsageError(
                f"the checkpoint {saved[-1]} is damaged; remove it, and training resumes from an earlier one"
            ) from error

    def due(self) -> bool:
        """Whether it is time to save a checkpoint."""
        return self._stop() or time.monotonic() >= self._next

    def save(self, state: TrainingState) -> None:
        """Saves a checkpoint atomically.

        Raises:
            UsageError: it cannot be written.
            Interrupted: the user wants to stop.
        """
        check_lock(self._out)
        path = self._folder / f"{self._cohort:04}-{state.done:09}"
        began = time.monotonic()
        try:
            write_directory(path, lambda part: _write(part, state))
            for older in self._checkpoints()[:-CHECKPOINTS_KEPT]:
                shutil.rmtree(older)
        except OSError as error:
            raise UsageError(
                f"training cannot be saved in {self._folder} ({error}); make room, and resume with "
                f"gmbench run --resume {self._out}"
            ) from error
        now = time.monotonic()
        self.seconds += now - began
        self._next = now + max(SECONDS, (now - began) / LARGEST_SHARE)
        self.stop_if_asked()

    def stop_if_asked(self) -> None:
        """Stops the run if the user wants to stop.

        Raises:
            Interrupted: the user wants to stop.
        """
        if self._stop():
            raise Interrupted(f"stopped and saved the training; resume with gmbench run --resume {self._out}")

    def remove(self) -> None:
        """Removes all checkpoints, because the run is complete."""
        shutil.rmtree(self._out / TRAINING, ignore_errors=True)

    def _checkpoints(self) -> list[Path]:
        """The directories of complete checkpoints, the latest last."""
        return sorted(path for path in self._folder.glob("*-*") if re.fullmatch(NAME, path.name))


def _numbers(path: Path) -> tuple[int, int]:
    """The cohort of a checkpoint, and the updates that it has made."""
    cohort, done = path.name.split("-")
    return int(cohort), int(done)


def _write(path: Path, state: TrainingState) -> None:
    """Writes the files of a checkpoint into a new directory."""
    write_arrays(path / LEARNERS, state.batches)
    names = sorted(state.metrics[0]) if state.metrics else []
    columns = {f"metric_{name}": np.stack([metrics[name] for metrics in state.metrics]) for name in names}
    np.savez(path / METRICS, seconds=state.seconds, **columns)  # type: ignore[arg-type]


def _read(path: Path, start: TrainingState, metrics: Mapping[str, Array], updates: int) -> TrainingState:
    """Reads a checkpoint, see `TrainingCheckpoints.load`.

    Raises:
        ValueError or OSError: it is damaged, or belongs to another learner.
    """
    verify_directory(path)
    done = _numbers(path)[1]
    if done > updates:
        raise ValueError(f"it has {done} updates, and the run makes {updates}")
    batches = jax.tree.map(_place, read_arrays(path / LEARNERS, start.batches), start.batches)
    columns: dict[str, Array] = {
        f"metric_{name}": jax.ShapeDtypeStruct((done, *metric.shape), metric.dtype)
        for name, metric in metrics.items()
    }
    stored = read_npz(path / METRICS, {**columns, "seconds": jax.ShapeDtypeStruct((), float)})
    history = [{name: stored[f"metric_{name}"][update] for name in metrics} for update in range(done)]
    return TrainingState(done, batches, history, float(stored["seconds"]))


def _place(array: Any, like: jax.Array) -> jax.Array:
    """Copies an array to the devices of another. It must be a copy, because training donates its memory."""
    return jax.device_put(jnp.array(array), like.sharding)
