"""Matrix products that a compiled program leaves to a library, such as cuBLAS or oneDNN.

XLA writes such a call as the instruction ``custom-call``. What the library computes is not in the program's
text, so it is inferred from the library's name and from the shapes.
"""

from __future__ import annotations

import math
import re

from gmbench.speed.cost import Cost, product_cost
from gmbench.speed.hlo import Computation, Instruction

PRODUCT_TARGET = re.compile(r"gemm|matmul", re.IGNORECASE)
"""Matches the names of library functions that compute matrix products."""


def is_matrix_product(inside: Computation, instruction: Instruction) -> bool:
    """Whether an instruction calls a library for a matrix product."""
    return (
        instruction.opcode == "custom-call"
        and PRODUCT_TARGET.search(_target(instruction)) is not None
        and sum(bool(operand.shapes) for operand in inside.operands(instruction)) >= 2
        and instruction.elements > 0
    )


def count_library_call(inside: Computation, instruction: Instruction) -> Cost:
    """Counts the operations of a library call; calls other than matrix products are listed as not counted.

    The number of contracted elements k is read from the call if it names the contracted dimensions.
    Otherwise it follows from the shapes: for b products of an m x k with a k x n matrix, the sizes of the
    two operands multiplied are b k^2 times the size of the result, whether or not an operand is transposed.
    """
    if not is_matrix_product(inside, instruction):
        return Cost(not_counted=(_target(instruction),))
    left, right = (operand.shapes[0] for operand in inside.operands(instruction)[:2])
    sides = re.search(r"lhs_contracting_dimensions\W+([\d\W]+?)\]", instruction.attributes)
    if sides:
        contracted = float(math.prod(left.dims[int(axis)] for axis in re.findall(r"\d+", sides[1])))
    else:
        batch = math.prod(instruction.shapes[0].dims[:-2])
        contracted = math.sqrt(left.elements * right.elements / instruction.elements / batch)
    return product_cost(2.0 * instruction.elements * contracted)


def _target(instruction: Instruction) -> str:
    """Returns the name of the library function that is called."""
    target = re.search(r'custom_call_target="([^"]*)"', instruction.attributes)
    return target[1] if target else "custom-call"
