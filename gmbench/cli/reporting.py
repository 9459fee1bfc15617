"""Reporting what a command does on stderr, and stopping it at a signal."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gmbench.cli import interrupts
from gmbench.cli.consoles import error_console
from gmbench.cli.progress import make_progress
from gmbench.errors import Interrupted

if TYPE_CHECKING:
    from gmbench.runs.callbacks import Callbacks

SAVES = "training"
"""The stage during which a run would lose something if its process ended at once."""


@contextmanager
def reporting_stages(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Shows the stages of a command that stores nothing, during a ``with`` block.

    Args:
        quiet: whether to show nothing.

    Yields:
        The function to call with the name of each stage as it begins.
    """
    with make_progress(error_console(), quiet) as progress:

        def stage(name: str) -> None:
            interrupts.INTERRUPTS.enter(name)
            progress.stage(name)

        yield stage


@contextmanager
def reporting(out: Path, quiet: bool) -> Iterator[Callbacks]:
    """Shows the progress of a run during a ``with`` block. A signal stops the run after a checkpoint.

    Args:
        out: the directory of the run, suite or sweep.
        quiet: whether to show nothing but what is missing from the result.

    Yields:
        The callbacks for a run.

    Raises:
        Interrupted: a signal has come, and the training is saved.
    """
    from gmbench.reports.tables.scores import headline
    from gmbench.runs.callbacks import Callbacks
    from gmbench.runs.storage import manifests  # noqa: F401 - `describe_state` must not wait for it.

    signals = interrupts.INTERRUPTS

    def announce() -> None:
        progress.note("stopping as soon as the training is saved; a second signal stops immediately")

    def stage(name: str) -> None:
        signals.enter(name, announce if name == SAVES else None)
        progress.stage(name)

    signals.describe(functools.partial(describe_state, out))
    with make_progress(error_console(), quiet) as progress:
        try:
            yield Callbacks(
                stage=stage,
                progress=progress.update,
                stop=signals.asked,
                note=progress.note,
                warn=progress.warn,
                task=progress.task,
                result=lambda result: progress.note(headline(result.scores)),
            )
        except Interrupted as error:
            # A run knows its own directory only, and not that of the suite that it belongs to.
            raise Interrupted(signals.sentence(str(error).partition(";")[0])) from error


def describe_state(out: Path) -> str:
    """Describes what a run, a suite or a sweep has saved in its directory, and how it is continued."""
    from gmbench.runs.storage import manifests

    if manifests.is_interrupted(out):
        return f"resume with gmbench run --resume {out}"
    if manifests.is_complete(out):
        return f"the results in {out} are complete; gmbench score {out} draws the figures if they are missing"
    if manifests.is_partial(out):
        return f"this part is complete in {out}"
    if any(out.glob("part-*-of-*")):
        return f"resume all processes with gmbench run --resume {out} --distributed"
    return "nothing was saved yet; repeat the command"
