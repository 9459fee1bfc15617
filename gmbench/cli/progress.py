"""Progress of a command on stderr: a bar on a terminal, lines elsewhere, or nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType

from rich import progress
from rich.console import Console
from rich.text import Text

from gmbench.errors import printable

SECONDS_BETWEEN_LINES = 30.0
"""Without a terminal, the least time between two lines about the progress of training."""


class Timer:
    """The time that has elapsed, and an estimate of the time that is left."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Starts a timer. ``now`` returns the time in seconds."""
        self._now = now
        self._began = now()
        self._first: tuple[float, int] | None = None
        self._last = (0.0, 0)
        self._total = 0

    def update(self, done: int, total: int) -> None:
        """Notes that ``done`` of ``total`` updates are done."""
        self._last, self._total = (self._now(), done), total
        self._first = self._first or self._last

    def left(self) -> float | None:
        """Seconds that the updates which are left will take; None before it can be estimated, and at the end.

        The estimate is made at every update, from the time between the first one and this one. In between, it
        only falls.
        """
        if self._first is None or self._last[1] == self._first[1] or self._last[1] == self._total:
            return None
        seconds = (self._last[0] - self._first[0]) / (self._last[1] - self._first[1])
        return max(seconds * (self._total - self._last[1]) - (self._now() - self._last[0]), 0.0)

    def __str__(self) -> str:
        """The time elapsed and the time left, each named."""
        left = self.left()
        parts = [f"{_clock(self._now() - self._began)} elapsed"]
        return ", ".join(parts if left is None else [*parts, f"{_clock(left)} left"])


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _return_text(mean_return: float) -> str:
    return f"mean return {mean_return:.2f}" if math.isfinite(mean_return) else ""


class Progress:
    """The progress of a quiet command: it prints nothing but what is missing from the result."""

    def __init__(self, console: Console) -> None:
        """Makes the progress of a command whose messages go to a console."""
        self._console = console
        self._prefix = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the progress."""

    def task(self, name: str, place: int, count: int) -> None:
        """Shows that a task of a suite begins: its id, its place from 1, and the number of tasks."""
        self._prefix = f"{place}/{count} {name}: "

    def stage(self, name: str) -> None:
        """Shows the name of the stage that begins."""

    def update(self, done: int, total: int, mean_return: float) -> None:
        """Shows the updates done, the number of all updates, and the mean return on the intended goal."""

    def note(self, text: str) -> None:
        """Prints a line that helps to follow the command."""

    def warn(self, text: str) -> None:
        """Prints a line about something that is missing from the result."""
        self._console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


class ProgressLines(Progress):
    """Progress in lines: one as a stage begins, and now and then one during training."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        """Makes the progress of a command whose lines go to a console. ``now`` returns seconds."""
        super().__init__(console)
        self._now = now
        self._timer = Timer(now)
        self._printed = now()

    def task(self, name: str, place: int, count: int) -> None:
        """Begins to measure the time of the task."""
        super().task(name, place, count)
        self._timer = Timer(self._now)

    def stage(self, name: str) -> None:
        """Prints the name of the stage."""
        self.note(f"{self._prefix}{name}, {self._timer}")
        self._printed = self._now()

    def update(self, done: int, total: int, mean_return: float) -> None:
        """Prints a line if the last one is `SECONDS_BETWEEN_LINES` old."""
        self._timer.update(done, total)
        if self._now() - self._printed >= SECONDS_BETWEEN_LINES:
            parts = (f"{100 * done // total} % done", str(self._timer), _return_text(mean_return))
            self.note(f"{self._prefix}training: " + ", ".join(filter(None, parts)))
            self._printed = self._now()

    def note(self, text: str) -> None:
        """Prints a line that helps to follow the command."""
        self.warn(text)


class ProgressBar(Progress):
    """A progress bar on a terminal."""

    def __init__(self, console: Console) -> None:
        """Makes a bar that is drawn on a console."""
        super().__init__(console)
        self._timer = Timer()
        self._bar = progress.Progress(
            progress.TextColumn("{task.description:<15}", markup=False),
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            _TimeColumn(self),
            progress.TextColumn("{task.fields[note]}", markup=False),
            console=console,
        )
        self._task = self._bar.add_task("starting", total=None, note="")

    @property
    def time(self) -> str:
        """The time elapsed and the time left."""
        return str(self._timer)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def task(self, name: str, place: int, count: int) -> None:
        """Begins a new bar."""
        super().task(name, place, count)
        self._timer = Timer()
        self._bar.start()
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"{self._prefix}starting", total=None, note="")

    def stage(self, name: str) -> None:
        """Shows the name of the stage beside the bar."""
        self._bar.start()  # Only now: a command whose only stage is optional may have none.
        self._bar.update(self._task, description=f"{self._prefix}{name}")

    def update(self, done: int, total: int, mean_return: float) -> None:
        """Moves the bar."""
        self._timer.update(done, total)
        self._bar.update(self._task, completed=done, total=total, note=_return_text(mean_return))

    def note(self, text: str) -> None:
        """Prints a line that helps to follow the command."""
        self.warn(text)


class _TimeColumn(progress.ProgressColumn):
    """The column of a bar with the time elapsed and the time left."""

    def __init__(self, bar: ProgressBar) -> None:
        super().__init__()
        self._of = bar

    def render(self, task: progress.Task) -> Text:
        """Returns the times as of now."""
        return Text(self._of.time)


def make_progress(console: Console, quiet: bool) -> Progress:
    """Makes the progress that suits a console.

    Args:
        console: where it is shown.
        quiet: whether nothing is shown but what is missing from the result.
    """
    if quiet:
        return Progress(console)
    drawn = console.is_terminal and not console.is_dumb_terminal
    return ProgressBar(console) if drawn else ProgressLines(console)
