"""The progress bar of a run, or of a suite's runs."""

from __future__ import annotations

from types import TracebackType

from rich import progress
from rich.console import Console


class Progress:
    """Shows the stage that a run is in, and how far training is."""

    def __init__(self, console: Console) -> None:
        """Args: where to draw."""
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
        """The run of a suite's next task begins."""
        self._prefix = f"{place}/{count} {name}: "
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"{self._prefix}starting", total=None, note="")

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._bar.update(self._task, description=f"{self._prefix}{name}")

    def update(self, done: int, total: int, mean_return: float) -> None:
        """Training goes on."""
        note = f"mean return {mean_return:.2f}"
        self._bar.update(self._task, completed=done, total=total, note=note)

    def line(self, text: str) -> None:
        """Writes a line above the bar, which stays."""
        self._bar.console.print(text, highlight=False)
