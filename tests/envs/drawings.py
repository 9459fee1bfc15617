"""Drawings of levels, and the messages with which they are refused."""

import pytest

from gmbench.envs.core.text import LevelError


def rows(*lines):
    """A drawing of these rows."""
    return "\n".join(lines)


def refusal(parse, drawing):
    """The message of the error that a drawing causes."""
    with pytest.raises(LevelError) as error:
        parse(drawing)
    return str(error.value)


def symbols_in(message):
    """The symbols that a refusal names as possible."""
    return {
        symbol
        for entry in message.split("the symbols are ")[1].split("), ")
        for symbol in entry.split(" (")[0]
    }
