"""Markdown: tables, lists of names with their meanings, and names and values in text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table with a header."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def definition_list(meanings: Mapping[str, str]) -> str:
    """Returns a bullet list of names in code style, each with its meaning."""
    return "\n".join(f"- `{name}`: {text}" for name, text in meanings.items())


def enumerate_names(names: Iterable[str]) -> str:
    """Returns names in code style for a sentence, such as "`a`, `b` and `c`"."""
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def format_value(value: Any) -> str:
    """Returns a parameter's value as text: a dash for None, the entries of a tuple separated by commas."""
    if value is None:
        return "-"
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in values)
