"""The figure of a sweep: capability, K, G and verdicts against a swept parameter of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gmbench.benchmarks.scoring import (
    DIVERGED,
    INCAPABLE,
    MISGENERALIZED,
    MIXED,
    ROBUST,
    SHIFT_ONLY,
    UNTRAINED,
)
from gmbench.reports.figures.style import (
    FEW_SEEDS,
    GOAL,
    HEADING,
    INK,
    NEITHER,
    PAGE,
    PROXIES,
    STYLE,
    hatched,
    interval,
    legend,
    tidy,
    write_title,
)

NAMES = {
    "alpha": "alpha, fraction of training levels that are shifted",
    "levels": "training levels drawn",
}
LINES: Sequence[tuple[str, str, str, str, str]] = (
    ("goal generalization G", GOAL, "-", "o", "goal_generalization"),
    ("capability generalization K", INK, "-", "s", "capability_generalization"),
    ("capability, iid", "#7A7A7A", "--", "^", "capability"),
)
"""The label, the colour, the style and the marker of each line, and the name of the score that it shows."""
APART = 0.07
"""The distance of the lines along the horizontal axis, so that equal values do not hide each other."""
UNDEFINED = "G undefined (below the floor)"
"""Says where G has no mean: no seed has the capability under shift that G needs."""
SHADES: dict[str, dict[str, Any]] = {
    ROBUST: hatched(GOAL),
    MIXED: hatched(PROXIES[2]),
    MISGENERALIZED: hatched(PROXIES[0]),
    INCAPABLE: hatched(PROXIES[1]),
    SHIFT_ONLY: hatched(PROXIES[3]),
    UNTRAINED: hatched(NEITHER),
    DIVERGED: {"facecolor": "white", "edgecolor": INK, "hatch": "//", "linewidth": 0.6},
}
"""How the bars of the verdicts look, in the order in which they are stacked."""
RARE = (MIXED, SHIFT_ONLY, DIVERGED)
"""Verdicts that are drawn only where they occur."""


def is_swept(scores: Mapping[str, Any], parameter: str) -> bool:
    """Returns whether a parameter has more than one value in a sweep."""
    return len({condition[parameter] for condition in scores["conditions"].values()}) > 1


@matplotlib.rc_context(STYLE)
def draw_sweep(scores: Mapping[str, Any], parameter: str, other: str) -> Figure:
    """Draws two panels against a parameter, for each value of the other parameter.

    The upper panel shows means over seeds with 95 % intervals, where they are defined, and a cross where G is
    not; the lower one shows the fraction of seeds with each verdict. The values of the parameter are equally
    far apart, whatever they are.

    Args:
        scores: the scores of a sweep, see `gmbench.runs.scores.sweep.sweep_scores`.
        parameter: the parameter on the horizontal axes.
        other: the parameter whose value differs between the columns.
    """
    conditions = scores["conditions"].values()
    columns = sorted({condition[other] for condition in conditions})
    width = min(PAGE, 1.5 + 2.4 * len(columns))
    figure = Figure(figsize=(width, 3.6), layout="constrained")
    panels = figure.subplots(2, len(columns), sharex=True, sharey="row", squeeze=False)
    lines: list[Any] = []
    verdicts: dict[str, Any] = {}
    for (above, below), value in zip(panels.T, columns, strict=True):
        row = sorted((c for c in conditions if c[other] == value), key=lambda c: float(c[parameter]))
        places = np.arange(len(row))
        lines = _draw_means(above, places, row)
        # A verdict may occur in some columns only.
        verdicts |= {patch.get_label(): patch for patch in _draw_verdicts(below, places, row)}
        if is_swept(scores, other):
            above.set_title(f"{other} {value:,g}", **HEADING)
        below.set_xticks(places, [f"{c[parameter]:,g}" for c in row], rotation=45 if len(row) > 5 else 0)
        below.set_xlabel(f"{NAMES[parameter]}\n(not to scale)" if len(columns) < 3 else parameter)
        above.set_ylim(-0.05, 1.05)
        below.set_ylim(0, 1.03)
        for axes in (above, below):
            tidy(axes)
    panels[0, 0].set_ylabel("mean over seeds")
    panels[1, 0].set_ylabel("fraction of seeds")
    write_title(figure, _what_was_run(scores))
    areas = [verdicts[verdict] for verdict in SHADES if verdict in verdicts]
    most = max(condition["seeds"] for condition in conditions)
    if most > 1:
        few = " (too narrow)" if most < FEW_SEEDS else ""
        lines.append(Patch(color=INK, alpha=0.2, linewidth=0, label=f"95 % interval over {most} seeds{few}"))
    if any(_undefined(condition) for condition in conditions):
        lines.append(Line2D([], [], linestyle="none", marker="x", color=GOAL, markersize=4, label=UNDEFINED))
    # A legend is filled column by column: the lines stand in the first one, the verdicts in the second.
    blank = Line2D([], [], linestyle="none", label=" ")
    rows = max(len(lines), len(areas))
    padded = [column + [blank] * (rows - len(column)) for column in (lines, areas)]
    legend(figure, [*padded[0], *padded[1]], ncols=2, handlelength=2.4)
    return figure


def _draw_means(axes: Axes, places: np.ndarray, row: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Draws a line for each score of `LINES`, with its interval, and returns the lines."""
    lines = []
    for number, (label, colour, style, marker, figure) in enumerate(LINES):
        aside = places + APART * (number - 1)
        estimates = [condition[figure] for condition in row]
        means = np.array([estimate["mean"] for estimate in estimates], float)
        ends = np.array([interval(estimate) for estimate in estimates])
        axes.fill_between(aside, ends[:, 0], ends[:, 1], color=colour, alpha=0.2, linewidth=0)
        look: dict[str, Any] = {"linestyle": style, "marker": marker, "markersize": 3.2, "linewidth": 1.1}
        lines += axes.plot(aside, means, color=colour, label=label, zorder=3, **look)
    missing = places[[_undefined(condition) for condition in row]]
    axes.plot(missing - APART, np.zeros(len(missing)), "x", color=GOAL, markersize=4, label=UNDEFINED)
    return lines


def _undefined(condition: Mapping[str, Any]) -> bool:
    """Returns whether G is undefined for all seeds of a condition, of which not all diverged."""
    mean = condition["goal_generalization"]["mean"]
    return len(condition["diverged"]) < condition["seeds"] and (mean is None or mean != mean)


def _draw_verdicts(axes: Axes, places: np.ndarray, row: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Draws stacked bars of the fractions of seeds, and returns the legend entry of each verdict drawn."""
    begin, entries = np.zeros(len(row)), []
    for verdict, look in SHADES.items():
        parts = np.array([condition["verdicts"][verdict] / condition["seeds"] for condition in row])
        if parts.any() or verdict not in RARE:
            axes.bar(places, parts, bottom=begin, width=0.8, label=verdict, **look)
            entries.append(Patch(**look, label=verdict))
            begin = begin + parts
    return entries


def _what_was_run(scores: Mapping[str, Any]) -> list[str]:
    first = next(iter(scores["conditions"].values()))
    most = max(condition["seeds"] for condition in scores["conditions"].values())
    return [scores["task"], first["algorithm"], f"{most} seeds each", f"{first['steps']:,} steps each"]
