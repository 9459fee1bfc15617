"""Reads the description and the attributes of a class from its docstring."""

from __future__ import annotations

import inspect
import textwrap


def read_docstring(cls: type) -> tuple[str, dict[str, str]]:
    """Returns the docstring of a class without its sections, and the meaning of each attribute by name.

    Attributes of base classes are included and come first. An attribute whose meaning begins with "see " only
    refers to another place, and so does not replace an inherited meaning.
    """
    attributes: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        for name, text in _own_attributes(base).items():
            if name not in attributes or not text.startswith("see "):
                attributes[name] = text
    description, _, _ = inspect.cleandoc(cls.__doc__ or "").partition("\nAttributes:\n")
    return description.strip().replace("``", "`"), attributes


def _own_attributes(cls: type) -> dict[str, str]:
    """Returns the meanings in the Attributes section of the class's own docstring, by name."""
    _, _, section = inspect.cleandoc(vars(cls).get("__doc__") or "").partition("\nAttributes:\n")
    entries: list[str] = []
    # Not inspect.cleandoc, which ignores the indentation of the first line: it would take the second line of
    # a single entry for an entry.
    for line in textwrap.dedent(section).splitlines():
        if line.startswith(" "):
            entries[-1] += f" {line.strip()}"
        else:
            entries.append(line)
    found = (entry.replace("``", "`").partition(": ") for entry in entries)
    return {name: text for name, _, text in found if text}
