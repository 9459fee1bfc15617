"""The progress bar of a run, or of the runs of a suite."""

from __future__ import annotations

from types import TracebackType

from rich import progress
from rich.console import Console


class Progress:
    """A progress bar that shows the stage of a run and the progress of its training."""

    def __init__(self, console: Console) -> None:
        """Makes a progress bar that is drawn on a console."""
        self._bar = progress.Progress(
            progress.TextColumn("{task.description:<15}"),
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._task = self._bar.add_task("starting", total=None, note="")
        self._prefix = ""

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def task(self, name: str, place: int, count: int) -> None:
        """Shows that a task of a suite begins: its id, its place from 1, and the number of tasks."""
        self._prefix = f"{place}/{count} {name}: "
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"{self._prefix}starting", total=None, note="")

    def stage(self, name: str) -> None:
        """Shows the name of the stage that begins."""
        self._bar.update(self._task, description=f"{self._prefix}{name}")

    def update(self, done: int, total: int, mean_return: float) -> None:
        """Shows the updates done, the number of all updates, and the mean return on the intended goal."""
        note = f"mean return {mean_return:.2f}"
        self._bar.update(self._task, completed=done, total=total, note=note)

    def line(self, text: str) -> None:
        """Prints a line above the bar."""
        self._bar.console.print(text, highlight=False)
