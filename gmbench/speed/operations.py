"""Counts the arithmetic operations of single instructions of a compiled program."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable

from gmbench.speed.cost import Cost, product_cost
from gmbench.speed.hlo import Computation, Instruction
from gmbench.speed.library_calls import count_library_call


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE = _names(
    "parameter constant tuple get-tuple-element bitcast after-all partition-id replica-id opt-barrier "
    "optimization-barrier add-dependency domain"
)
"""Opcodes that compute nothing and move nothing; they only give names to memory."""
TRANSCENDENTAL = _names(
    "exponential exponential-minus-one log log-plus-one logistic power sqrt rsqrt cbrt tanh sine cosine tan "
    "atan2 erf acos acosh asin asinh atanh cosh sinh"
)
"""Opcodes of functions that take more than one operation per number; they are counted separately."""
ARITHMETIC = _names(
    "add subtract multiply divide remainder maximum minimum abs negate sign floor ceil round-nearest-afz "
    "round-nearest-even and or xor not shift-left shift-right-arithmetic shift-right-logical compare select "
    "clamp convert bitcast-convert is-finite popcnt count-leading-zeros reduce-precision stochastic-convert "
    "real imag complex mulhi"
)
"""Opcodes that take one operation for each number in the result. XLA counts in the same way, and it counts
integers and booleans as numbers too."""
MOVING = _names(
    "broadcast iota reshape transpose copy slice dynamic-slice dynamic-update-slice gather concatenate pad "
    "reverse rng-bit-generator rng-get-and-update-state dynamic-reshape get-dimension-size infeed outfeed "
    "send recv"
)
"""Opcodes that move numbers and compute none."""


def count_operations(
    inside: Computation, instruction: Instruction, count_function: Callable[[str], Cost]
) -> Cost:
    """Counts the operations of one instruction; bytes are not included.

    Args:
        inside: the computation that contains the instruction.
        instruction: the instruction.
        count_function: returns the cost of a computation by its name. It is used for instructions that apply
            a function to numbers, such as ``reduce``.
    """
    opcode, elements = instruction.opcode, instruction.elements
    if opcode in ARITHMETIC:
        return Cost(operations=elements)
    if opcode in FREE or opcode in MOVING or opcode.startswith(("copy", "slice")):
        return Cost()
    if opcode in TRANSCENDENTAL:
        return Cost(transcendentals=elements)
    if opcode == "dot":
        return product_cost(_dot_operations(inside, instruction))
    if opcode == "custom-call":
        return count_library_call(inside, instruction)
    if opcode == "sort":
        size = inside.operands(instruction)[0].elements
        return Cost(operations=size * math.ceil(math.log2(max(size, 1))))
    applications = _applications(inside, instruction)
    if applications is None:
        return Cost(not_counted=(opcode,))
    # The bytes of the function do not count: it is applied to single numbers, which are not in memory.
    function = sum(map(count_function, instruction.called("to_apply")), Cost())
    return dataclasses.replace(function, bytes=0.0).times(applications)


def _dot_operations(inside: Computation, instruction: Instruction) -> float:
    """Two for each multiplication with addition: 2 x batch x rows x columns x contracted."""
    left = inside.operands(instruction)[0].shapes[0]
    contracted = math.prod(left.dims[axis] for axis in instruction.numbers("lhs_contracting_dims"))
    return 2.0 * instruction.elements * contracted


def _applications(inside: Computation, instruction: Instruction) -> int | None:
    """How often an instruction applies its function to numbers; None if it is not such an instruction."""
    opcode, elements = instruction.opcode, instruction.elements
    operands = inside.operands(instruction)
    if opcode == "map":
        return elements
    if opcode == "reduce":
        return operands[0].elements - elements if operands else 0
    if opcode == "reduce-window":
        return elements * (_window_size(instruction) - 1)
    if opcode == "scatter":
        return operands[-1].elements if operands else 0
    return None


def _window_size(instruction: Instruction) -> int:
    """How many numbers the window of a ``reduce-window`` covers."""
    size = re.search(r"\bsize=([\dx]+)", instruction.attributes)
    return math.prod(map(int, size[1].split("x"))) if size else 1
