"""The figure of the learning curves."""

from __future__ import annotations

from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter, MaxNLocator

from gmbench.reports.figures.style import CENTRED, INK, PAGE, STYLE, goal_colours, legend, tidy, title
from gmbench.runs.scores.suite import count_seeds
from gmbench.runs.storage.files import Table
from gmbench.runs.storage.results import Result

LINED_SEEDS = 32
"""The largest number of seeds for which each seed has a line."""
BAND = (10, 90)
"""The percentiles over seeds between which the band lies."""


class _Panel(NamedTuple):
    """How one column of the table of learning curves is shown."""

    title: str
    unit: str
    colour: str


@matplotlib.rc_context(STYLE)
def learning_curves(result: Result) -> Figure:
    """Draws the return on each goal during training, the length of episodes and the entropy of the policy.

    All are those of the training levels. Each panel shows the mean over seeds, the band from the 10th to the
    90th percentile, and a thin line per seed for up to `LINED_SEEDS` seeds. Lines bridge updates in which no
    episode finished. Metrics that the algorithm does not report have no panel.
    """
    goals: list[str] = list(result.manifest["goals"])
    kinds = ["goal", *("proxy" for _ in goals[1:])]
    panels = {
        f"return_{goal}": _Panel(f"{kind}: {goal}", "mean training return", colour)
        for goal, kind, colour in zip(goals, kinds, goal_colours(len(goals)), strict=True)
    }
    panels |= {
        "length": _Panel("episode length", "steps", INK),
        "entropy": _Panel("policy entropy", "nats", INK),
    }
    panels = {column: panel for column, panel in panels.items() if column in result.curves}

    figure = Figure(figsize=(PAGE, 2.6), layout="constrained")
    tall: list[Any] = [column for column in panels if column.startswith("return_")]
    small: list[Any] = [column for column in panels if column not in tall]
    rows = [tall + small[:1], tall + small[-1:]]
    mosaic = figure.subplot_mosaic(rows, sharex=True) if panels else {}
    for column, axes in mosaic.items():
        steps, values = _by_seed(result.curves, column)
        _draw_curves(axes, steps, values, panels[column].colour)
        axes.set(title=panels[column].title, ylabel=panels[column].unit)
        if column in (*tall, *small[-1:]):
            axes.set_xlabel("environment steps")
        tidy(axes)
    if not panels:
        figure.text(0.5, 0.5, "The algorithm reports neither returns nor lengths nor entropy.", **CENTRED)
    elif count_seeds(result.scores) > 1:
        legend(figure, _curve_handles(count_seeds(result.scores)))
    title(figure, result)
    return figure


def _by_seed(curves: Table, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the steps at each update, int[updates], and the values of a column, float[seeds, updates]."""
    seeds, row = np.unique(curves["seed"], return_inverse=True)
    updates, first, place = np.unique(curves["update"], return_index=True, return_inverse=True)
    values = np.full((len(seeds), len(updates)), np.nan)
    # The metrics of a seed that diverges may become infinite.
    values[row, place] = np.where(np.isfinite(curves[column]), curves[column], np.nan)
    return curves["steps"][first], values


def _draw_curves(axes: Axes, steps: np.ndarray, values: np.ndarray, colour: str) -> None:
    """Draws the mean over seeds against steps, with the band and the lines that show how seeds differ.

    Args:
        axes: to draw on.
        steps: int[updates].
        values: float[seeds, updates], NaN where no episode finished.
        colour: of the mean, the band and the lines.
    """
    known = ~np.isnan(values)
    some = known.any(axis=0)
    if not some.any():
        axes.annotate("no episode finished", (0.5, 0.5), xycoords="axes fraction", **CENTRED)
        axes.set_yticks(())
    marker = "." if len(steps) == 1 else ""
    if 1 < len(values) <= LINED_SEEDS:
        for line, there in zip(values, known, strict=True):
            axes.plot(steps[there], line[there], color=colour, linewidth=0.5, alpha=0.45, marker=marker)
    if len(values) > 1 and some.any():
        low, high = np.nanpercentile(values[:, some], BAND, axis=0)
        axes.fill_between(steps[some], low, high, color=colour, alpha=0.18, linewidth=0)
    mean = np.nanmean(values[:, some], axis=0)
    axes.plot(steps[some], mean, color=colour, linewidth=1.4, marker=marker, label="mean")
    axes.set_xlim(0, 1.02 * steps[-1])
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _curve_handles(seeds: int) -> list[Line2D | Patch]:
    """Returns the legend entries for a number of seeds."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=INK, linewidth=1.4, label="mean over seeds"),
        Patch(facecolor=to_rgba(INK, 0.18), label=f"{BAND[0]}\N{EN DASH}{BAND[1]} % of seeds"),
    ]
    if seeds <= LINED_SEEDS:
        handles.append(Line2D([], [], color=INK, linewidth=0.5, alpha=0.6, label="each seed"))
    return handles
