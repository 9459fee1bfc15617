"""The consoles on which commands print: stdout for results, stderr for progress."""

from __future__ import annotations

from rich.console import Console


class _Console(Console):
    """A console that leaves it to the command what happens when nobody reads its output any more.

    It prints texts as they are: ``[red]`` in a name is no colour.
    """

    def on_broken_pipe(self) -> None:
        """Ends a command whose results nobody reads; one whose progress nobody reads goes on."""
        self.quiet = True
        if not self.stderr:
            raise BrokenPipeError


def output_console() -> Console:
    """A console for results."""
    return _Console(markup=False, emoji=False)


def error_console() -> Console:
    """A console for progress and messages."""
    return _Console(stderr=True, markup=False, emoji=False)
