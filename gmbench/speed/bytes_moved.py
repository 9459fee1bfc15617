"""Counts the bytes that single instructions and fusions of a compiled program read and write.

Slices and gathers read only what they return, and updates in place write only what changes. A loop that
reads one row of a table in each step therefore does not count the whole table in each step.
"""

from __future__ import annotations

from gmbench.speed.hlo import Computation, Instruction
from gmbench.speed.library_calls import is_matrix_product

PICKING = frozenset(("slice", "dynamic-slice", "gather"))
"""Opcodes that read only those elements of their first operand that they return."""


def bytes_moved(inside: Computation, instruction: Instruction) -> float:
    """Returns the bytes that an instruction outside of fusions reads and writes.

    Args:
        inside: the computation that contains the instruction.
        instruction: the instruction.
    """
    if instruction.opcode.endswith("-start"):  # A copy in the background: its result names source and target.
        return 2.0 * sum(operand.bytes for operand in inside.operands(instruction))
    fractions = _fractions_read(instruction, inside, written=True)
    read = sum(
        operand.bytes * min(fraction, 1.0)
        for operand, fraction in zip(inside.operands(instruction), fractions, strict=True)
    )
    return read + bytes_written(inside, instruction.name)


def bytes_written(inside: Computation, root: str) -> float:
    """Returns the bytes of a result that reach memory; of an update in place, only what changes.

    Args:
        inside: the computation that contains the instruction.
        root: the name of the instruction whose result it is.
    """
    total = 0.0
    for name in _written_instructions(inside, root):
        instruction = inside.instructions[name]
        operands = inside.operands(instruction)
        if instruction.opcode == "dynamic-update-slice":
            total += operands[1].bytes
        elif instruction.opcode == "scatter":
            total += sum(operand.bytes for operand in operands[len(operands) // 2 + 1 :])
        elif is_matrix_product(inside, instruction):
            total += instruction.shapes[0].bytes  # The other results are the library's working memory.
        else:
            total += instruction.bytes
    return total


def fractions_used(inside: Computation) -> dict[str, float]:
    """Returns, for each instruction of a fusion by name, the fraction of its result that the fusion uses."""
    used = dict.fromkeys(inside.instructions, 0.0)
    used[inside.root] = 1.0
    written = _written_instructions(inside, inside.root)
    for instruction in reversed(inside.instructions.values()):
        fractions = _fractions_read(instruction, inside, written=instruction.name in written)
        for name, fraction in zip(instruction.operands, fractions, strict=True):
            used[name] = min(1.0, used[name] + fraction * used[instruction.name])
    return used


def _fractions_read(instruction: Instruction, inside: Computation, written: bool) -> list[float]:
    """Returns the fraction of each operand that an instruction reads.

    Args:
        instruction: the instruction that reads.
        inside: the computation that contains it.
        written: whether its result is written to memory; an update then happens in place.
    """
    operands = inside.operands(instruction)
    fractions = [1.0] * len(operands)
    if instruction.opcode in PICKING:
        fractions[0] = instruction.elements / max(operands[0].elements, 1)
    elif instruction.opcode == "dynamic-update-slice" and written:
        fractions[0] = 0.0
    elif instruction.opcode == "scatter" and written:
        # The operands are n tables, then the indices, then n updates.
        tables = (len(operands) - 1) // 2
        for index in range(tables):
            touched = operands[tables + 1 + index].elements / max(operands[index].elements, 1)
            fractions[index] = min(1.0, touched)
    return fractions


def _written_instructions(inside: Computation, root: str) -> list[str]:
    """Returns the names of the instructions whose results are written when ``root`` is the result.

    Tuples and bitcasts only rename memory, so their operands are returned in their place.
    """
    instruction = inside.instructions[root]
    if instruction.opcode == "tuple":
        return [each for name in instruction.operands for each in _written_instructions(inside, name)]
    if instruction.opcode == "bitcast":
        return _written_instructions(inside, instruction.operands[0])
    return [root]
