"""The way of a run through the wings of the package, for ``docs/architecture.md``."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure

from gmbench.reports.figures.style import GOAL, INK, NEITHER, PAGE, SMALL, STYLE

ROW = 0.19
"""Height of a row in inches."""
TEXT = 0.33
"""Fraction of the width for the names of the modules; the other part is for the wings."""


@matplotlib.rc_context(STYLE)
def draw_architecture(wings: Sequence[str], steps: Sequence[tuple[str, str]]) -> Figure:
    """Draws a row for each step of a run, and a column for each wing, with a line from wing to wing.

    Args:
        wings: names of the wings from top to bottom; those without a step are left out.
        steps: the wing and the name of each module that a run goes through, in order.
    """
    columns = [wing for wing in wings if any(wing == step[0] for step in steps)]
    figure = Figure(figsize=(PAGE, ROW * (len(steps) + 2.5)))
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(steps) - 0.3, -2.3))
    places = {wing: TEXT + (1 - TEXT) * (index + 0.5) / len(columns) for index, wing in enumerate(columns)}
    for wing, place in places.items():
        axes.plot((place, place), (-0.7, len(steps) - 0.5), color=NEITHER, linewidth=0.5, zorder=0)
        axes.text(place, -0.9, wing.replace("/", "/\n"), ha="center", va="bottom", size=SMALL)
    axes.plot([places[wing] for wing, _ in steps], range(len(steps)), color=GOAL, linewidth=0.8, zorder=1)
    for row, (wing, name) in enumerate(steps):
        axes.plot(places[wing], row, "o", color=GOAL, markersize=4, zorder=2)
        axes.text(0.0, row, f"{row + 1}", va="center", size=SMALL, color=INK)
        axes.text(0.035, row, name, va="center", size=SMALL, color=INK)
    return figure
