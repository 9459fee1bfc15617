"""The consoles on which commands print: stdout for results, stderr for progress."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console

from gmbench.cli.endings import discard
from gmbench.errors import FULL


class _Console(Console):
    """A console that leaves it to the command what happens when nobody reads its output any more.

    It prints texts as they are: ``[red]`` in a name is no colour.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints objects as rich does; progress for which the disk of a log has no room is left out.

        Raises:
            OSError: results cannot be written.
        """
        try:
            super().print(*objects, **options)
        except OSError as error:
            if not self.stderr or error.errno not in FULL:
                raise
            self._stop()

    def on_broken_pipe(self) -> None:
        """Ends a command whose results nobody reads; one whose progress nobody reads goes on."""
        if not self.stderr:
            self.quiet = True
            raise BrokenPipeError
        self._stop()

    def _stop(self) -> None:
        self.quiet = True
        discard(sys.stderr)


def output_console() -> Console:
    """A console for results."""
    return _Console(markup=False, emoji=False)


def error_console() -> Console:
    """A console for progress and messages."""
    return _Console(stderr=True, markup=False, emoji=False)
