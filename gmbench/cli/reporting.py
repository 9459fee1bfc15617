"""Reporting the progress of a run on the terminal, and stopping it by Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gmbench.cli.consoles import error_console
from gmbench.cli.interrupts import stopping_at_ctrl_c
from gmbench.cli.progress import Progress

if TYPE_CHECKING:
    from gmbench.runs.callbacks import Callbacks


@contextmanager
def reporting() -> Iterator[Callbacks]:
    """Shows a progress bar on stderr during a ``with`` block. Ctrl-C stops a run after a checkpoint.

    Yields:
        The callbacks for a run.
    """
    from gmbench.reports.tables.scores import headline
    from gmbench.runs.callbacks import Callbacks

    with (
        Progress(error_console()) as progress,
        stopping_at_ctrl_c(
            lambda: progress.line("stopping after a checkpoint is saved; Ctrl-C again stops immediately")
        ) as stop,
    ):
        yield Callbacks(
            stage=progress.stage,
            progress=progress.update,
            stop=stop,
            note=progress.line,
            task=progress.task,
            result=lambda result: progress.line(headline(result.scores)),
        )
