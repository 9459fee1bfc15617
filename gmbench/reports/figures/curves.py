"""The figure of the learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import EngFormatter, MaxNLocator

from gmbench.reports.figures.style import CENTRED, INK, PAGE, STYLE, goal_colours, haloed, legend, tidy, title
from gmbench.runs.storage.parquet import Table
from gmbench.runs.storage.results import Result

SMOOTHED = 20
"""The largest number of updates that a curve is averaged over; a tenth of the updates if they are fewer."""
LINED_SEEDS = 32
"""The largest number of seeds for which each seed has a line."""
SEED, FAINT, BAND_ALPHA = 0.4, 0.4, 0.2
"""Width and opacity of the lines of seeds, and opacity of the band: the mean stands out from them."""
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

    All are those of the training levels, averaged over neighbouring updates, see `SMOOTHED`. Each panel shows
    the mean over seeds on top, the band from the 10th to the 90th percentile, and behind them a thin light
    line per seed for up to `LINED_SEEDS` seeds. Lines bridge updates in which no episode finished. Metrics
    that the algorithm does not report have no panel.
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
        _draw_curves(axes, steps, _smoothed(values), panels[column].colour)
        axes.set(title=panels[column].title, ylabel=panels[column].unit)
        if column in (*tall, *small[-1:]):
            axes.set_xlabel("environment steps")
        tidy(axes)
    if not panels:
        figure.text(0.5, 0.5, "The algorithm reports neither returns nor lengths nor entropy.", **CENTRED)
    elif result.scores["seeds"] > 1:
        colours = list(dict.fromkeys(panel.colour for panel in panels.values()))
        legend(figure, _curve_handles(result.scores["seeds"], colours, len(steps)))
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


def _window(updates: int) -> int:
    """Returns the number of updates that each point of a curve is averaged over."""
    return max(1, min(SMOOTHED, updates // 10))


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Returns the means of the known values among neighbouring updates: float[seeds, updates].

    A mean is NaN where no value among them is known. At the ends there are fewer neighbours.
    """
    window, updates = _window(values.shape[1]), values.shape[1]
    known = ~np.isnan(values)
    padded = [np.pad(part, ((0, 0), (1, 0))) for part in (np.where(known, values, 0.0), known)]
    sums, counts = (np.cumsum(part, axis=1, dtype=float) for part in padded)
    begin = np.maximum(np.arange(updates) - (window - 1) // 2, 0)
    end = np.minimum(np.arange(updates) + window // 2 + 1, updates)
    number = counts[:, end] - counts[:, begin]
    return np.where(number > 0, (sums[:, end] - sums[:, begin]) / np.maximum(number, 1), np.nan)


def _draw_curves(axes: Axes, steps: np.ndarray, values: np.ndarray, colour: str) -> None:
    """Draws the mean over seeds against steps, with the band and the lines that show how seeds differ.

    Args:
        axes: to draw on.
        steps: int[updates].
        values: float[seeds, updates], NaN where no episode finished.
        colour: of the band and the lines of seeds.
    """
    known = ~np.isnan(values)
    some = known.any(axis=0)
    if not some.any():
        axes.annotate("no episode finished", (0.5, 0.5), xycoords="axes fraction", **CENTRED)
        axes.set_yticks(())
    marker = "." if len(steps) == 1 else ""
    if 1 < len(values) <= LINED_SEEDS:
        for line, there in zip(values, known, strict=True):
            axes.plot(steps[there], line[there], color=colour, linewidth=SEED, alpha=FAINT, marker=marker)
    if len(values) > 1 and some.any():
        low, high = np.nanpercentile(values[:, some], BAND, axis=0)
        axes.fill_between(steps[some], low, high, color=colour, alpha=BAND_ALPHA, linewidth=0)
    mean = np.nanmean(values[:, some], axis=0)
    haloed(axes, steps[some], mean, label="mean", marker=marker)
    axes.set_xlim(0, 1.02 * steps[-1])
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _curve_handles(
    seeds: int, colours: Sequence[str], updates: int
) -> list[Line2D | Patch | tuple[Line2D | Patch, ...]]:
    """Returns the legend entries, which look as in the panels.

    Args:
        seeds: number of seeds.
        colours: of the panels.
        updates: number of updates.
    """
    window = _window(updates)
    smoothed = f", each over {window} updates" if window > 1 else ""
    mean = Line2D([], [], color=INK, linewidth=1.0, label=f"mean over {seeds} seeds{smoothed}")
    band = f"{BAND[0]}\N{EN DASH}{BAND[1]} % of seeds"
    bands = tuple(Patch(facecolor=to_rgba(colour, BAND_ALPHA), label=band) for colour in colours)
    lines = tuple(
        Line2D([], [], color=colour, linewidth=SEED, alpha=FAINT, label="each seed") for colour in colours
    )
    return [mean, bands, lines] if seeds <= LINED_SEEDS else [mean, bands]
