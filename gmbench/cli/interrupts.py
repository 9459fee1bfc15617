"""Signals that stop a command: SIGINT, which is Ctrl-C, and SIGTERM, which schedulers send.

The first signal during training lets the run save the training and stop. At any other time nothing would be
lost, and the first signal ends the process at once. A second signal always does.

A thread waits for the signals, because Python calls handlers in the main thread only, and only when the
program that XLA compiles or executes there has come to its end. The process then ends without unwinding:
whatever is stored is written atomically, and an exception from a handler may be swallowed or become a
traceback anywhere in the libraries that are at work.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STATUS = 128
"""Shells add this to the number of the signal that has ended a command."""
SHOW_CURSOR = b"\r\n\x1b[?25h"
"""Ends the line of a progress bar, which hides the cursor of a terminal."""


def _repeat() -> str:
    return "repeat the command"


class Interrupts:
    """What happens to a command when a signal comes.

    Attributes:
        name: the name of the command, which stands before its sentence.
        number: the number of the first signal; None before it.
    """

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        """Makes the interrupts of a command that no signal has reached.

        Args:
            leave: ends the process with a status.
        """
        self.name = "gmbench"
        self.number: int | None = None
        self._leave = leave
        self._stage = "starting"
        self._outcome: Callable[[], str] = _repeat
        self._ask: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Waits for signals from now on, whatever was inherited: scripts ignore SIGINT in background jobs.

        Only commands call this, in the main thread: a library must leave the signals of its user alone.
        """
        self._receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        # The operating system's handler writes the number of the signal at once, in whatever thread it is.
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        if hasattr(signal, "pthread_sigmask"):  # Windows has it not.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def finish(self) -> None:
        """Leaves signals to the operating system again: the command has done its work and ends."""
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    @property
    def status(self) -> int:
        """The exit status of a command that was stopped: 130 after SIGINT, 143 after SIGTERM."""
        return STATUS + (self.number or signal.SIGINT)

    def asked(self) -> bool:
        """Whether a signal has come."""
        return self.number is not None

    def describe(self, outcome: Callable[[], str]) -> None:
        """Sets what a sentence says about the state in which the command leaves its results.

        Args:
            outcome: returns what is saved and what to do. It is called in another thread.
        """
        self._outcome = outcome

    def enter(self, stage: str, ask: Callable[[], None] | None = None) -> None:
        """Notes that a stage begins.

        Args:
            stage: its name.
            ask: called at the first signal during this stage, which then goes on until it has saved its
                state; None if the process may end at once.

        Raises:
            Interrupted: a signal has come during the stage before.
        """
        from gmbench.errors import Interrupted  # Signals during its import should be met, too.

        with self._lock:
            if self.number is None:
                self._stage, self._ask = stage, ask
                return
        raise Interrupted(self.sentence(f"stopped before {stage}"))

    def receive(self, number: int) -> None:
        """Does what a signal asks for: lets the stage save its state, or ends the process."""
        with self._lock:
            first, ask, stage = self.number is None, self._ask, self._stage
            if first:
                self.number = number
        if first and ask is not None:
            ask()
            return
        text = self.sentence(f"stopped while {stage}" if first else "stopped immediately")
        with contextlib.suppress(OSError):  # Nobody may read it any more.
            start = SHOW_CURSOR if os.isatty(2) else b""
            os.write(2, start + f"{self.name}: {text}\n".encode(errors="backslashreplace"))
        self._leave(STATUS + number)

    def sentence(self, start: str) -> str:
        """Completes a sentence with what is saved and what to do."""
        try:
            return f"{start}; {self._outcome()}"
        except Exception:  # Such as a directory that is gone: the process ends all the same.
            return start

    def _wait(self) -> None:
        """Receives the signals of this process."""
        while numbers := self._receiver.recv(1):
            if numbers[0] in SIGNALS:  # Other signals may have handlers of their own.
                self.receive(numbers[0])


INTERRUPTS = Interrupts()
"""The interrupts of this process."""


def is_standalone() -> bool:
    """Whether this process runs a module of ``gmbench.cli`` as a command, when the package is imported.

    The package is imported before the module and whatever the module imports. While Python looks for a module
    that is given as ``-m``, the first word of the command line is that option.
    """
    return sys.argv[:1] == ["-m"]


def watch_standalone() -> None:
    """Waits for signals if this process runs a module of ``gmbench.cli`` as a command."""
    if is_standalone():
        INTERRUPTS.watch()
