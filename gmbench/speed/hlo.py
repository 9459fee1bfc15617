"""Reads compiled programs: XLA's text, as ``compiled.as_text()`` gives it, as computations of instructions.

Only what counting needs is read: shapes, operands, and which computations an instruction calls.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re

_HEADER = re.compile(r"(?P<entry>ENTRY )?%?(?P<name>[^\s%(]+) (?:\(.*\) -> .*)?\{")
_INSTRUCTION = re.compile(r"\s+(?P<root>ROOT )?%?(?P<name>[^\s%=]+) = (?P<rest>.*)")
_OPCODE = re.compile(r"\s*(?P<opcode>[a-zA-Z][\w-]*)\(")
_ARRAY = re.compile(r"\b([a-z]\w*)\[([^\]]*)\]")
_COMMENT = re.compile(r"/\*index=\d+\*/")
_METADATA = re.compile(r'metadata=\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\}')
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclasses.dataclass(frozen=True)
class Shape:
    """Of one array: its element type, such as ``f32``, and its dimensions."""

    dtype: str
    dims: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.dims)

    @property
    def bytes(self) -> float:
        """How much memory it takes, without padding; 4-bit numbers take half a byte."""
        return self.elements * _width(self.dtype)


@dataclasses.dataclass(frozen=True)
class Instruction:
    """One line of a computation.

    Attributes:
        name: unique in the program.
        opcode: what it does, such as ``add``.
        shapes: of its result: one, or several for a tuple.
        operands: names of the instructions that it takes.
        attributes: the rest of the line, without the metadata.
    """

    name: str
    opcode: str
    shapes: tuple[Shape, ...]
    operands: tuple[str, ...]
    attributes: str

    @property
    def elements(self) -> int:
        """Numbers in its result, or in the first array of a tuple."""
        return self.shapes[0].elements if self.shapes else 0

    @property
    def bytes(self) -> float:
        """Memory of its whole result."""
        return sum(shape.bytes for shape in self.shapes)

    def called(self, *keys: str) -> tuple[str, ...]:
        """The computations that attributes name, such as ``calls`` or ``body``."""
        found: list[str] = []
        for key in keys:
            match = re.search(rf"\b{key}=(\{{[^}}]*\}}|[^\s,]+)", self.attributes)
            if match:
                found += [name.strip(" %") for name in match[1].strip("{}").split(",")]
        return tuple(found)

    def numbers(self, key: str) -> tuple[int, ...]:
        """The numbers of an attribute such as ``lhs_contracting_dims={2}``; none where it is missing."""
        match = re.search(rf"\b{key}=\{{([\d,]*)\}}", self.attributes)
        return tuple(int(number) for number in match[1].split(",") if number) if match else ()


@dataclasses.dataclass(frozen=True)
class Computation:
    """A function of the program.

    Attributes:
        instructions: by name, operands before those that take them.
        root: the name of the one that is its result.
    """

    instructions: dict[str, Instruction]
    root: str

    def operands(self, instruction: Instruction) -> list[Instruction]:
        """What an instruction takes."""
        return [self.instructions[name] for name in instruction.operands]


@dataclasses.dataclass(frozen=True)
class Program:
    """All computations by name, and the name of the one that is run."""

    computations: dict[str, Computation]
    entry: str


def parse(text: str) -> Program:
    """Reads a program.

    Raises:
        ValueError: no computation is marked as the one that is run.
    """
    computations: dict[str, Computation] = {}
    instructions: dict[str, Instruction] = {}
    entry, name, root = "", "", ""
    for line in text.splitlines():
        if match := _HEADER.fullmatch(line):
            name, instructions, root = match["name"], {}, ""
            entry = name if match["entry"] else entry
        elif name and line.startswith("}"):
            computations[name] = Computation(instructions, root)
            name = ""
        elif name and (match := _INSTRUCTION.match(_COMMENT.sub("", line))):
            instructions[match["name"]] = _instruction(match["name"], match["rest"])
            root = match["name"] if match["root"] else root
    if entry not in computations:
        raise ValueError("this is not the text of a compiled program: no computation is marked as ENTRY")
    return Program(computations, entry)


def _instruction(name: str, rest: str) -> Instruction:
    """Reads what stands right of the equals sign: type, opcode, operands in brackets, attributes."""
    start = _closing(rest, 0) + 1 if rest.startswith("(") else rest.index(" ")
    match = _OPCODE.match(rest, start)
    if match is None:
        raise ValueError(f"this line of a compiled program has no operation: {name} = {rest[:200]}")
    opening = match.end() - 1
    closing = _closing(rest, opening)
    literal = match["opcode"] in ("constant", "parameter", "iota")
    operands = () if literal else _names(rest[opening + 1 : closing])
    return Instruction(
        name=name,
        opcode=match["opcode"],
        shapes=_shapes(rest[:start]),
        operands=operands,
        attributes=_METADATA.sub("", rest[closing + 1 :]),
    )


def _closing(text: str, opening: int) -> int:
    """Where the bracket that opens at a place is closed again."""
    depth = 0
    for place in range(opening, len(text)):
        depth += _BRACKETS.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"a bracket is not closed in this line of a compiled program: {text[:200]}")


def _names(operands: str) -> tuple[str, ...]:
    """The names in a list of operands; with some settings of XLA a type stands before each."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(operands):
        depth += _BRACKETS.get(character, 0)
        if character == "," and depth == 0:
            parts.append(operands[start:place])
            start = place + 1
    parts.append(operands[start:])
    return tuple(part.split()[-1].lstrip("%") for part in parts if part.strip())


@functools.cache
def _shapes(text: str) -> tuple[Shape, ...]:
    """The arrays in a type; a bound on a dynamic size counts as the size."""
    return tuple(
        Shape(dtype, tuple(int(size.strip(" <=")) for size in dims.split(",") if size.strip()))
        for dtype, dims in _ARRAY.findall(text)
    )


def _width(dtype: str) -> float:
    """Bytes of one number: the first digits of the type's name are its bits."""
    digits = re.search(r"\d+", dtype)
    if dtype == "pred":
        return 1.0
    bits = int(digits[0]) if digits else 0  # A token, or something opaque: no memory.
    return bits / 8
