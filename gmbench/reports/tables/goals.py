"""How tables name the goals that goal inference considers."""

from __future__ import annotations

from gmbench.benchmarks.scoring import NO_GOAL


def goal_label(name: str) -> str:
    """Returns the name of a goal as tables print it."""
    return "no goal" if name == NO_GOAL else name
