"""What ends a command in one sentence."""


class UsageError(ValueError):
    """Wrong input, which a user can put right. The message is one sentence: what is wrong, and what to do."""


class Interrupted(Exception):
    """A user stopped a run. The message is one sentence: what is kept, and how to go on."""
