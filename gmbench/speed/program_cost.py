"""Counts what a compiled program computes and moves, from the program's text, loops included.

XLA's own ``cost_analysis`` counts the body of a loop once, however often it runs. Here the body counts as
often as it runs. For programs without loops the numbers equal XLA's, except for what `count` lists.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from gmbench.speed.bytes_moved import bytes_moved, bytes_written, fractions_used
from gmbench.speed.cost import Cost
from gmbench.speed.hlo import Computation, Instruction, Program, parse
from gmbench.speed.operations import FREE, count_operations


def program_cost(compiled: Any) -> Cost:
    """Counts the cost of a compiled program, such as ``jax.jit(f).lower(x).compile()``."""
    return count(compiled.as_text())


def count(text: str) -> Cost:
    """Counts the cost of a program from its text.

    - A loop counts as often as it runs, with its condition.
    - Of the branches of a conditional, the one that moves most bytes counts.
    - A fusion moves only what it reads and writes as a whole, not the results inside it.
    - Slices and gathers move only what they return, and updates in place only what they change, also inside
      a fusion. XLA counts the whole table of a gather or scatter instead.
    - Results inside a fusion count only as far as the fusion uses them. XLA counts also what a slice then
      discards.

    Raises:
        ValueError: the text is not that of a compiled program.
    """
    program = parse(text)
    return _Counter(program).computation(program.entry)


class _Counter:
    """Counts the cost of the computations of a program; each computation is counted once and remembered."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[str, Cost] = {}

    def computation(self, name: str) -> Cost:
        """Counts a computation whose instructions run one after the other."""
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
        operations = count_operations(inside, instruction, self.computation)
        return operations + Cost(bytes=bytes_moved(inside, instruction))

    def _loop(self, instruction: Instruction) -> Cost:
        step = sum(map(self.computation, instruction.called("body", "condition")), Cost())
        trips = re.search(r"known_trip_count\W+n\W+(\d+)", instruction.attributes)
        return step.times(int(trips[1])) if trips else step + Cost(loops_unknown=1)

    def _fusion(self, instruction: Instruction) -> Cost:
        inside = self._program.computations[instruction.called("calls")[0]]
        used = fractions_used(inside)
        cost = Cost(bytes=bytes_written(inside, inside.root))
        for each in inside.instructions.values():
            if each.opcode == "parameter":
                cost += Cost(bytes=each.bytes * used[each.name])
            elif each.opcode == "fusion":
                cost += dataclasses.replace(self._fusion(each), bytes=0.0)
            else:
                cost += count_operations(inside, each, self.computation).times(used[each.name])
        return cost
