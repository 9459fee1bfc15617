"""Parses the text of compiled programs (XLA's HLO, from ``compiled.as_text()``).

A program is a set of computations, and a computation is a list of instructions. Only what is needed to count
costs is parsed: shapes, operands, and the computations that an instruction calls.
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
    """The shape of one array.

    Attributes:
        dtype: element type, such as ``f32``.
        dims: sizes of the dimensions.
    """

    dtype: str
    dims: tuple[int, ...]

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.dims)

    @property
    def bytes(self) -> float:
        """Bytes of memory without padding; a 4-bit number takes half a byte."""
        return self.elements * _element_bytes(self.dtype)


@dataclasses.dataclass(frozen=True)
class Instruction:
    """One instruction: a line of a computation.

    Attributes:
        name: name, unique in the program.
        opcode: kind of the instruction, such as ``add``.
        shapes: shapes of the arrays in its result: one, or several for a tuple.
        operands: names of the instructions whose results it takes.
        attributes: the rest of the line, without the metadata.
    """

    name: str
    opcode: str
    shapes: tuple[Shape, ...]
    operands: tuple[str, ...]
    attributes: str

    @property
    def elements(self) -> int:
        """Number of elements in its result; of a tuple, in the first array."""
        return self.shapes[0].elements if self.shapes else 0

    @property
    def bytes(self) -> float:
        """Bytes of its result; of a tuple, of all arrays."""
        return sum(shape.bytes for shape in self.shapes)

    def called(self, *keys: str) -> tuple[str, ...]:
        """Returns the computations that attributes such as ``calls`` or ``body`` name."""
        found: list[str] = []
        for key in keys:
            match = re.search(rf"\b{key}=(\{{[^}}]*\}}|[^\s,]+)", self.attributes)
            if match:
                found += [name.strip(" %") for name in match[1].strip("{}").split(",")]
        return tuple(found)

    def numbers(self, key: str) -> tuple[int, ...]:
        """Returns the numbers in an attribute such as ``lhs_contracting_dims={2}``; () if it is missing."""
        match = re.search(rf"\b{key}=\{{([\d,]*)\}}", self.attributes)
        return tuple(int(number) for number in match[1].split(",") if number) if match else ()


@dataclasses.dataclass(frozen=True)
class Computation:
    """A computation: a function of the program.

    Attributes:
        instructions: its instructions by name; operands come before the instructions that take them.
        root: name of the instruction whose result is that of the computation.
    """

    instructions: dict[str, Instruction]
    root: str

    def operands(self, instruction: Instruction) -> list[Instruction]:
        """Returns the instructions whose results an instruction takes."""
        return [self.instructions[name] for name in instruction.operands]


@dataclasses.dataclass(frozen=True)
class Program:
    """A compiled program.

    Attributes:
        computations: all computations by name.
        entry: name of the computation that runs when the program is called.
    """

    computations: dict[str, Computation]
    entry: str


def parse(text: str) -> Program:
    """Parses the text of a program.

    Raises:
        ValueError: no computation is marked as ENTRY, or a line cannot be parsed.
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
            instructions[match["name"]] = _parse_instruction(match["name"], match["rest"])
            root = match["name"] if match["root"] else root
    if entry not in computations:
        raise ValueError("this is not the text of a compiled program: no computation is marked as ENTRY")
    return Program(computations, entry)


def _parse_instruction(name: str, rest: str) -> Instruction:
    """Parses the right-hand side of an instruction: type, opcode, operands in brackets, attributes."""
    start = _closing_bracket(rest, 0) + 1 if rest.startswith("(") else rest.index(" ")
    match = _OPCODE.match(rest, start)
    if match is None:
        raise ValueError(f"this line of a compiled program has no opcode: {name} = {rest[:200]}")
    opening = match.end() - 1
    closing = _closing_bracket(rest, opening)
    literal = match["opcode"] in ("constant", "parameter", "iota")
    operands = () if literal else _operand_names(rest[opening + 1 : closing])
    return Instruction(
        name=name,
        opcode=match["opcode"],
        shapes=_parse_shapes(rest[:start]),
        operands=operands,
        attributes=_METADATA.sub("", rest[closing + 1 :]),
    )


def _closing_bracket(text: str, opening: int) -> int:
    """Returns the position of the bracket that closes the one at ``opening``."""
    depth = 0
    for position in range(opening, len(text)):
        depth += _BRACKETS.get(text[position], 0)
        if depth == 0:
            return position
    raise ValueError(f"a bracket is not closed in this line of a compiled program: {text[:200]}")


def _operand_names(operands: str) -> tuple[str, ...]:
    """Returns the names in a list of operands; with some XLA settings each name follows its type."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(operands):
        depth += _BRACKETS.get(character, 0)
        if character == "," and depth == 0:
            parts.append(operands[start:position])
            start = position + 1
    parts.append(operands[start:])
    return tuple(part.split()[-1].lstrip("%") for part in parts if part.strip())


@functools.cache
def _parse_shapes(text: str) -> tuple[Shape, ...]:
    """Returns the shapes of the arrays in a type; the upper bound of a dynamic size counts as the size."""
    return tuple(
        Shape(dtype, tuple(int(size.strip(" <=")) for size in dims.split(",") if size.strip()))
        for dtype, dims in _ARRAY.findall(text)
    )


def _element_bytes(dtype: str) -> float:
    """Returns the bytes of one element: the first digits in the type's name are its bits."""
    digits = re.search(r"\d+", dtype)
    if dtype == "pred":
        return 1.0
    bits = int(digits[0]) if digits else 0  # Tokens and opaque types take no memory.
    return bits / 8
