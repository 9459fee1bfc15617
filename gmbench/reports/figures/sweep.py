"""The figure of a sweep: capability, K, G and verdicts against a swept parameter of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmbench.benchmarks.scoring import VERDICTS
from gmbench.reports.figures.style import (
    GOAL,
    HEADING,
    INK,
    NEITHER,
    PAGE,
    PROXIES,
    STYLE,
    interval,
    legend,
    tidy,
    write_title,
)
from gmbench.runs.scores.suite import count_seeds

NAMES = {
    "alpha": "alpha, fraction of training levels that are shifted",
    "levels": "training levels drawn",
}
LINES: Sequence[tuple[str, str, str, str]] = (
    ("goal generalization G", GOAL, "-", "goal_generalization"),
    ("capability generalization K", INK, "-", "capability_generalization"),
    ("capability, iid", INK, "--", "capability"),
)
"""The label, the colour and the style of each line, and the name of the score that it shows."""
SHADES = dict(zip(VERDICTS, (GOAL, PROXIES[0], PROXIES[1], NEITHER), strict=True))
"""The colours of the verdicts, in the order in which they are stacked."""


def is_swept(scores: Mapping[str, Any], parameter: str) -> bool:
    """Returns whether a parameter has more than one value in a sweep."""
    return len({condition[parameter] for condition in scores["conditions"].values()}) > 1


@matplotlib.rc_context(STYLE)
def draw_sweep(scores: Mapping[str, Any], parameter: str, other: str) -> Figure:
    """Draws two panels against a parameter, for each value of the other parameter.

    The upper panel shows means over seeds with 95 % intervals, where they are defined; the lower one shows
    the fraction of seeds with each verdict.

    Args:
        scores: the scores of a sweep, see `gmbench.runs.scores.sweep.sweep_scores`.
        parameter: the parameter on the horizontal axes.
        other: the parameter whose value differs between the columns.
    """
    conditions = scores["conditions"].values()
    columns = sorted({condition[other] for condition in conditions})
    width = min(PAGE, 1.2 + 2.4 * len(columns))
    figure = Figure(figsize=(width, 3.6), layout="constrained")
    panels = figure.subplots(2, len(columns), sharex=True, sharey="row", squeeze=False)
    handles: list[Any] = []
    for (above, below), value in zip(panels.T, columns, strict=True):
        row = sorted((c for c in conditions if c[other] == value), key=lambda c: float(c[parameter]))
        places = np.arange(len(row))
        lines, areas = _draw_means(above, places, row), _draw_verdicts(below, places, row)
        handles = [*lines, *areas]
        if is_swept(scores, other):
            above.set_title(f"{other} {value:,g}", **HEADING)
        below.set_xticks(places, [f"{c[parameter]:,g}" for c in row], rotation=45 if len(row) > 5 else 0)
        below.set_xlabel(NAMES[parameter] if len(columns) < 3 else parameter)
        for axes in (above, below):
            axes.set_ylim(0, 1.03)
            tidy(axes)
    panels[0, 0].set_ylabel("mean over seeds")
    panels[1, 0].set_ylabel("fraction of seeds")
    write_title(figure, _what_was_run(scores))
    legend(figure, handles)
    return figure


def _draw_means(axes: Axes, places: np.ndarray, row: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Draws a line for each score of `LINES`, with its interval, and returns the lines."""
    lines = []
    for label, colour, style, figure in LINES:
        estimates = [condition[figure] for condition in row]
        means = np.array([estimate["mean"] for estimate in estimates], float)
        ends = np.array([interval(estimate) for estimate in estimates])
        axes.fill_between(places, ends[:, 0], ends[:, 1], color=colour, alpha=0.2, linewidth=0)
        lines += axes.plot(
            places, means, style, color=colour, marker="o", markersize=2, linewidth=1.1, label=label
        )
    return lines


def _draw_verdicts(axes: Axes, places: np.ndarray, row: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Draws stacked bars of the fractions of seeds, and returns a bar container for each verdict.

    The rest of a bar is the fraction of seeds that diverged.
    """
    begin, bars = np.zeros(len(row)), []
    for verdict, colour in SHADES.items():
        parts = np.array([condition["verdicts"][verdict] / count_seeds(condition) for condition in row])
        bars.append(axes.bar(places, parts, bottom=begin, color=colour, width=0.8, label=verdict))
        begin = begin + parts
    if (begin < 1 - 1e-9).any():
        look: dict[str, Any] = {"color": "white", "edgecolor": INK, "hatch": "//", "linewidth": 0.6}
        bars.append(axes.bar(places, 1 - begin, bottom=begin, width=0.8, label="diverged", **look))
    return bars


def _what_was_run(scores: Mapping[str, Any]) -> list[str]:
    first = next(iter(scores["conditions"].values()))
    most = max(count_seeds(condition) for condition in scores["conditions"].values())
    return [scores["task"], first["algorithm"], f"{most} seeds each", f"{first['steps']:,} steps each"]
