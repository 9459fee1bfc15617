"""What a compiled program computes and moves: operations and bytes, counted in its text, loops included.

XLA's own ``cost_analysis`` counts the body of a loop once, however often it runs. Here it counts as often as
it runs; for programs without loops the figures are XLA's, with the exceptions that `count` names.
"""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

from gmbench.speed.hlo import Computation, Instruction, Program, parse


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE = _names(
    "parameter constant tuple get-tuple-element bitcast after-all partition-id replica-id opt-barrier "
    "optimization-barrier add-dependency domain"
)
"""Instructions that compute nothing and move nothing: they only name memory."""
TRANSCENDENTAL = _names(
    "exponential exponential-minus-one log log-plus-one logistic power sqrt rsqrt cbrt tanh sine cosine tan "
    "atan2 erf acos acosh asin asinh atanh cosh sinh"
)
"""Functions that take more than one operation; they are counted by themselves."""
ARITHMETIC = _names(
    "add subtract multiply divide remainder maximum minimum abs negate sign floor ceil round-nearest-afz "
    "round-nearest-even and or xor not shift-left shift-right-arithmetic shift-right-logical compare select "
    "clamp convert bitcast-convert is-finite popcnt count-leading-zeros reduce-precision stochastic-convert "
    "real imag complex mulhi"
)
"""One operation for each number in the result, as XLA counts; integers and truth values are numbers too."""
MOVING = _names(
    "broadcast iota reshape transpose copy slice dynamic-slice dynamic-update-slice gather concatenate pad "
    "reverse rng-bit-generator rng-get-and-update-state dynamic-reshape get-dimension-size infeed outfeed "
    "send recv"
)
"""Instructions that move numbers and compute none."""
PICKING = frozenset(("slice", "dynamic-slice", "gather"))
"""Instructions that read of their first operand only what they give."""
PRODUCT_CALL = re.compile(r"gemm|matmul", re.IGNORECASE)
"""What is in the names of library calls that are matrix products."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a program does when it is run once.

    Attributes:
        operations: arithmetic operations, one for each number computed, and two for each multiplication
            with addition of a matrix product.
        products: those among them that belong to matrix products.
        transcendentals: exponentials and the like, not among the operations.
        bytes: read and written by instructions, from wherever: memory or caches.
        loops_unknown: loops whose length the program does not tell; their bodies were counted once.
        not_counted: instructions or library calls whose operations are not known here.
    """

    operations: float = 0.0
    products: float = 0.0
    transcendentals: float = 0.0
    bytes: float = 0.0
    loops_unknown: int = 0
    not_counted: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything was counted; otherwise the figures are lower bounds."""
        return not self.loops_unknown and not self.not_counted

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            operations=self.operations + other.operations,
            products=self.products + other.products,
            transcendentals=self.transcendentals + other.transcendentals,
            bytes=self.bytes + other.bytes,
            loops_unknown=self.loops_unknown + other.loops_unknown,
            not_counted=tuple(sorted({*self.not_counted, *other.not_counted})),
        )

    def times(self, factor: float) -> Cost:
        """Of so many runs."""
        return dataclasses.replace(
            self,
            operations=self.operations * factor,
            products=self.products * factor,
            transcendentals=self.transcendentals * factor,
            bytes=self.bytes * factor,
        )


def program_cost(compiled: Any) -> Cost:
    """The cost of a compiled program, such as ``jax.jit(f).lower(x).compile()``."""
    return count(compiled.as_text())


def count(text: str) -> Cost:
    """The cost of a program from its text.

    - A loop counts as often as it runs, its condition included.
    - Of branches, the one with the most bytes counts.
    - Instructions that the compiler fused move what the fusion reads and writes, nothing in between.
    - Slices and gathers move what they take, at most all there is, and updates in place what they change,
      also inside a fusion: a loop that reads one row of a table in each step does not read the table in
      each. XLA counts the whole tables of gathers and scatters, and of what is computed in a fusion also
      what a slice then leaves out; here neither counts.
    """
    program = parse(text)
    return _Counter(program).computation(program.entry)


class _Counter:
    """Counts the computations of a program, each once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[str, Cost] = {}

    def computation(self, name: str) -> Cost:
        """A computation whose instructions run one by one."""
        if name not in self._known:
            inside = self._program.computations[name]
            parts = (self._instruction(inside, each) for each in inside.instructions.values())
            self._known[name] = sum(parts, Cost())
        return self._known[name]

    def _instruction(self, inside: Computation, instruction: Instruction) -> Cost:
        opcode = instruction.opcode
        if opcode in FREE or opcode.endswith(("-done", "-update")):
            return Cost()
        if opcode == "while":
            return self._loop(instruction)
        if opcode == "conditional":
            keys = ("branch_computations", "true_computation", "false_computation")
            branches = [self.computation(name) for name in instruction.called(*keys)]
            return max(branches, key=lambda branch: (branch.bytes, branch.operations))
        if opcode == "call" or opcode.startswith("async"):
            return sum(map(self.computation, instruction.called("to_apply", "calls")), Cost())
        if opcode.startswith("fusion"):
            return self._fusion(instruction)
        return self._arithmetic(inside, instruction) + Cost(bytes=_moved(inside, instruction))

    def _loop(self, instruction: Instruction) -> Cost:
        step = sum(map(self.computation, instruction.called("body", "condition")), Cost())
        trips = re.search(r"known_trip_count\W+n\W+(\d+)", instruction.attributes)
        return step.times(int(trips[1])) if trips else step + Cost(loops_unknown=1)

    def _fusion(self, instruction: Instruction) -> Cost:
        inside = self._program.computations[instruction.called("calls")[0]]
        used = _used(inside, inside.root)
        cost = Cost(bytes=_written(inside, inside.root))
        for each in inside.instructions.values():
            if each.opcode == "parameter":
                cost += Cost(bytes=each.bytes * used[each.name])
            elif each.opcode == "fusion":
                cost += dataclasses.replace(self._fusion(each), bytes=0.0)
            else:
                cost += self._arithmetic(inside, each).times(used[each.name])
        return cost

    def _arithmetic(self, inside: Computation, instruction: Instruction) -> Cost:
        """Operations alone, without bytes."""
        opcode, elements = instruction.opcode, instruction.elements
        if opcode in ARITHMETIC:
            return Cost(operations=elements)
        if opcode in FREE or opcode in MOVING or opcode.startswith(("copy", "slice")):
            return Cost()
        if opcode in TRANSCENDENTAL:
            return Cost(transcendentals=elements)
        if opcode == "dot":
            return _product(_dot(inside, instruction))
        if opcode == "custom-call":
            return _library_call(inside, instruction)
        operands = inside.operands(instruction)
        if opcode == "sort":
            size = operands[0].elements
            return Cost(operations=size * math.ceil(math.log2(max(size, 1))))
        applied = {
            "map": elements,
            "reduce": operands[0].elements - elements if operands else 0,
            "reduce-window": elements * (_window(instruction) - 1),
            "scatter": operands[-1].elements if operands else 0,
        }
        if opcode not in applied:
            return Cost(not_counted=(opcode,))
        # Bytes within are none of the program's: the function is applied to numbers, not to arrays.
        called = sum(map(self.computation, instruction.called("to_apply")), Cost())
        return dataclasses.replace(called, bytes=0.0).times(applied[opcode])


def _product(operations: float) -> Cost:
    return Cost(operations=operations, products=operations)


def _dot(inside: Computation, instruction: Instruction) -> float:
    """Two for each multiplication with addition: 2 x batch x rows x columns x contracted."""
    left = inside.operands(instruction)[0].shapes[0]
    contracted = math.prod(left.dims[axis] for axis in instruction.numbers("lhs_contracting_dims"))
    return 2.0 * instruction.elements * contracted


def _library_call(inside: Computation, instruction: Instruction) -> Cost:
    """A call of a library: matrix products are counted, others are named.

    The call itself may say which sides are contracted. Otherwise, with b batches and sides of m x k and
    k x n, the sizes of the operands, multiplied, are b k^2 times the size of the result, whichever side is
    transposed.
    """
    if not _is_product(inside, instruction):
        return Cost(not_counted=(_target(instruction),))
    left, right = (operand.shapes[0] for operand in inside.operands(instruction)[:2])
    sides = re.search(r"lhs_contracting_dimensions\W+([\d\W]+?)\]", instruction.attributes)
    if sides:
        contracted = float(math.prod(left.dims[int(axis)] for axis in re.findall(r"\d+", sides[1])))
    else:
        batch = math.prod(instruction.shapes[0].dims[:-2])
        contracted = math.sqrt(left.elements * right.elements / instruction.elements / batch)
    return _product(2.0 * instruction.elements * contracted)


def _target(instruction: Instruction) -> str:
    """The name of a library call."""
    target = re.search(r'custom_call_target="([^"]*)"', instruction.attributes)
    return target[1] if target else "custom-call"


def _is_product(inside: Computation, instruction: Instruction) -> bool:
    """Whether an instruction calls a library for a matrix product."""
    return (
        instruction.opcode == "custom-call"
        and PRODUCT_CALL.search(_target(instruction)) is not None
        and sum(bool(operand.shapes) for operand in inside.operands(instruction)) >= 2
        and instruction.elements > 0
    )


def _window(instruction: Instruction) -> int:
    """How many numbers a window covers."""
    size = re.search(r"\bsize=([\dx]+)", instruction.attributes)
    return math.prod(map(int, size[1].split("x"))) if size else 1


def _moved(inside: Computation, instruction: Instruction) -> float:
    """Bytes that an instruction reads and writes when it stands by itself."""
    if instruction.opcode.endswith("-start"):  # A copy in the background: its result names both ends.
        return 2.0 * sum(operand.bytes for operand in inside.operands(instruction))
    shares = _shares(instruction, inside, written=True)
    read = sum(
        operand.bytes * min(share, 1.0)
        for operand, share in zip(inside.operands(instruction), shares, strict=True)
    )
    return read + _written(inside, instruction.name)


def _used(inside: Computation, root: str) -> dict[str, float]:
    """Which part of each instruction's result a fusion uses: 1 for all of it."""
    used = dict.fromkeys(inside.instructions, 0.0)
    used[root] = 1.0
    ends = _ends(inside, root)
    for instruction in reversed(inside.instructions.values()):
        shares = _shares(instruction, inside, written=instruction.name in ends)
        for name, share in zip(instruction.operands, shares, strict=True):
            used[name] = min(1.0, used[name] + share * used[instruction.name])
    return used


def _shares(instruction: Instruction, inside: Computation, written: bool) -> list[float]:
    """Which part of each operand an instruction reads.

    Args:
        instruction: the one that reads.
        inside: the computation that it stands in.
        written: whether its result goes to memory, where an update then happens in place.
    """
    operands = inside.operands(instruction)
    shares = [1.0] * len(operands)
    if instruction.opcode in PICKING:
        shares[0] = instruction.elements / max(operands[0].elements, 1)
    elif instruction.opcode == "dynamic-update-slice" and written:
        shares[0] = 0.0
    elif instruction.opcode == "scatter" and written:
        tables = (len(operands) - 1) // 2
        for index in range(tables):  # Tables, then indices, then as many updates as tables.
            touched = operands[tables + 1 + index].elements / max(operands[index].elements, 1)
            shares[index] = min(1.0, touched)
    return shares


def _ends(inside: Computation, root: str) -> list[str]:
    """The instructions whose results are written: the parts of a tuple, and what is only renamed after."""
    instruction = inside.instructions[root]
    if instruction.opcode == "tuple":
        return [end for name in instruction.operands for end in _ends(inside, name)]
    if instruction.opcode == "bitcast":
        return _ends(inside, instruction.operands[0])
    return [root]


def _written(inside: Computation, root: str) -> float:
    """Bytes that reach memory: of an update in place, only what changes."""
    total = 0.0
    for name in _ends(inside, root):
        instruction = inside.instructions[name]
        operands = inside.operands(instruction)
        if instruction.opcode == "dynamic-update-slice":
            total += operands[1].bytes
        elif instruction.opcode == "scatter":
            total += sum(operand.bytes for operand in operands[len(operands) // 2 + 1 :])
        elif _is_product(inside, instruction):
            total += instruction.shapes[0].bytes  # What else it gives is room that it works in.
        else:
            total += instruction.bytes
    return total
