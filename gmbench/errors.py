"""Exceptions that end a command with a message of one sentence instead of a traceback."""


class UsageError(ValueError):
    """The user's input is wrong. The message says in one sentence what is wrong and what to do."""


class Interrupted(Exception):
    """The user stopped a run. The message says in one sentence what is saved and how to resume."""
