"""The files of the environments share no six lines of code: shared code has a module in `core`."""

import io
import itertools
import tokenize
from pathlib import Path

import gmbench.envs

FOLDER = Path(gmbench.envs.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
LINES = 6
"""The number of equal consecutive lines of code that make a copy."""
DRAWING = 5
"""A string with more lines than this, a drawing or a long docstring, must not occur twice either."""
SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE}


def code_lines(text):
    """The lines of code as (line number, tokens).

    Comments, docstrings, imports and lines with brackets only are left out. A string of several lines is one
    token of its first line.
    """
    lines, statement = {}, []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SKIPPED:
            statement.append(token)
        if token.type == tokenize.NEWLINE:
            docstring = all(part.type == tokenize.STRING for part in statement)
            if not docstring and statement[0].string not in ("import", "from"):
                for part in statement:
                    lines.setdefault(part.start[0], []).append(part.string)
            statement = []
    return [(number, tuple(words)) for number, words in lines.items() if not set(words) <= set("()[]{},:")]


def copies(texts):
    """Pairs of places, (file, line), at which the same `LINES` lines of code begin."""
    places = {}
    for name, text in texts.items():
        lines = code_lines(text)
        for first in range(len(lines) - LINES + 1):
            window = lines[first : first + LINES]
            places.setdefault(tuple(words for _, words in window), []).append((name, window[0][0]))
    return [pair for same in places.values() for pair in itertools.pairwise(same)]


def drawings(texts):
    """The strings of several lines, docstrings and drawings, and the places of each."""
    places = {}
    for name, text in texts.items():
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING and token.string.count("\n") > DRAWING:
                places.setdefault(token.string, []).append((name, token.start[0]))
    return places


def read_all():
    return {str(path.relative_to(FOLDER)): path.read_text() for path in FILES}


def test_no_six_lines_of_code_occur_twice():
    assert copies(read_all()) == []


def test_no_drawing_and_no_long_docstring_occurs_twice():
    assert [places for places in drawings(read_all()).values() if len(places) > 1] == []


def test_a_copy_is_found():
    walks = Path(FOLDER, "core", "walks.py").read_text()
    moved = walks.replace("from __future__", "import os\n\n# Moved.\nfrom __future__")
    assert len(copies({"walks.py": walks, "moved.py": moved})) == len(code_lines(walks)) - LINES + 1
    few = [f"a = {number}" for number in range(LINES)]
    assert copies({"one": "\n".join(few), "two": "\n\n# And:\n".join(few)}) == [(("one", 1), ("two", 1))]
    assert copies({"one": "\n".join(few), "two": "\n".join(few[1:])}) == []
    drawing = '"""' + "..K..\n" * (DRAWING + 1) + '"""'
    assert list(drawings({"one": f"A = {drawing}", "two": f"\nB = {drawing}"}).values()) == [
        [("one", 1), ("two", 2)]
    ]
