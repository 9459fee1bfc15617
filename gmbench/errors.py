"""The error that a user can put right."""


class UsageError(ValueError):
    """Wrong input. The message is one sentence that says what is wrong and what to do."""
