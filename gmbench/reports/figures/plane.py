"""The figure of the generalization plane: capability generalization K against goal generalization G."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from gmbench.benchmarks.scoring import (
    DIVERGED,
    INCAPABLE,
    MISGENERALIZED,
    MISGENERALIZED_BELOW,
    MIXED,
    ROBUST,
    ROBUST_FROM,
    SHIFT_ONLY,
    UNTRAINED,
    VERDICTS,
)
from gmbench.reports.figures.style import (
    CENTRED,
    COLUMN,
    GOAL,
    INK,
    PROXIES,
    SMALL,
    STYLE,
    haloed,
    interval,
    legend,
    legend_rows,
    numbers,
    tidy,
    title,
)
from gmbench.runs.storage.results import Result


class _Look(NamedTuple):
    """How the seeds of a verdict are drawn."""

    colour: str
    marker: str
    lane: float = 0.0
    """Offset across the strip of undefined G, where height has no meaning: it separates the verdicts."""


LOOKS = {
    ROBUST: _Look(GOAL, "o"),
    MIXED: _Look(PROXIES[2], "v"),
    MISGENERALIZED: _Look(PROXIES[0], "s"),
    INCAPABLE: _Look("#7A7A7A", "^", lane=0.025),
    SHIFT_ONLY: _Look(PROXIES[1], "P"),
    UNTRAINED: _Look(INK, "D", lane=-0.025),
}
DRAWN = tuple(verdict for verdict in VERDICTS if verdict != DIVERGED)
"""The verdicts of seeds that are drawn. Seeds that diverged have no place in the plane."""

LABELLED = 20
"""The largest number of seeds for which pairs of markers are counted; for more, only larger heaps are."""
HEAP = 0.02
"""Markers that are nearer to each other than this are counted."""
MARGIN = 0.05
"""The margin of the plane around the unit square, so that no marker is cut off."""
STRIP = -0.16
"""The place on its axis where an undefined K or G is drawn: the middle of a strip."""


@matplotlib.rc_context(STYLE)
def generalization_plane(result: Result) -> Figure:
    """Draws capability generalization K against goal generalization G: a marker for each seed, and the mean.

    The shaded regions are those of the verdicts. Seeds whose capability under shift is below the floor have
    no G; they are open markers in a strip below the plane. Seeds whose capability on the familiar pack is
    below the floor have no K; they are in a strip at its left. Since markers can coincide, histograms at the
    margins count the seeds. The cross is the mean of K over the seeds with a K, and the mean of G over the
    seeds with a G, with 95 % intervals; so it may lie where no seed can.
    """
    seeds: Sequence[Mapping[str, Any]] = result.scores["per_seed"]
    k = numbers(seed["capability_generalization"] for seed in seeds)
    g = numbers(seed["goal_generalization"] for seed in seeds)
    verdicts = np.array([seed["verdict"] for seed in seeds])

    figure = Figure(figsize=(COLUMN, 4.2))
    handles = _verdict_handles(result.scores)
    bottom = 0.113 + 0.033 * legend_rows(len(handles))
    places = {"left": 0.135, "right": 0.97, "top": 0.92, "bottom": bottom, "wspace": 0.05, "hspace": 0.04}
    grid = figure.add_gridspec(2, 2, width_ratios=(5, 1), height_ratios=(1, 6.2), **places)
    plane = figure.add_subplot(grid[1, 0], label="plane")
    left = 2 * STRIP + MARGIN if np.isnan(k).any() else -MARGIN
    _frame_plane(plane, left, right=max(1.0, np.nanmax(k, initial=1.0)) + MARGIN)
    for verdict in DRAWN:
        chosen = verdicts == verdict
        _draw_seeds(plane, k[chosen], g[chosen], LOOKS[verdict], size=24 if len(seeds) <= 50 else 12)
        _count_heaps(
            plane, k[chosen], g[chosen], LOOKS[verdict].lane, least=2 if len(seeds) <= LABELLED else 4
        )
    _draw_mean(plane, result.scores)

    above = figure.add_subplot(grid[0, 0], sharex=plane, label="above")
    _histogram(above, k, verdicts, "vertical")
    beside = figure.add_subplot(grid[1, 1], sharey=plane, label="beside")
    _histogram(beside, g, verdicts, "horizontal")
    _explain_undefined(plane, beside, k, g, result.scores["floor"])
    legend(figure, handles)
    title(figure, result, y=0.93, verticalalignment="bottom")
    return figure


def _explain_undefined(plane: Axes, beside: Axes, k: np.ndarray, g: np.ndarray, floor: float) -> None:
    """Writes into the strips why K or G is undefined there, and for how many seeds."""
    why = f"G undefined: capability under shift below {floor:g}"
    middle = (0.5, 2 * STRIP + MARGIN + 0.02)
    where: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": "center", "va": "bottom"}
    plane.annotate(why, middle, size=SMALL, **where)
    label = f"G\nundefined\n({np.isnan(g).sum()})"
    beside.annotate(label, (0.5, STRIP), xycoords=("axes fraction", "data"), **CENTRED)
    if np.isnan(k).any():
        label = f"K undefined ({np.isnan(k).sum()})"
        plane.annotate(label, (STRIP, 0.5), rotation="vertical", **CENTRED)


def _frame_plane(plane: Axes, left: float, right: float) -> None:
    """Sets up the axes of the plane, and draws the regions of the verdicts.

    Args:
        plane: to draw on.
        left: the left end of the x axis.
        right: the right end of the x axis.
    """
    bottom, end = 2 * STRIP + MARGIN, 1 + MARGIN
    regions = (
        (-MARGIN, ROBUST_FROM, right, end, ROBUST),
        (-MARGIN, MISGENERALIZED_BELOW, right, ROBUST_FROM, MIXED),
        (-MARGIN, -MARGIN, right, MISGENERALIZED_BELOW, MISGENERALIZED),
        (-MARGIN, bottom, right, -MARGIN, INCAPABLE),
        (left, -MARGIN, -MARGIN, end, SHIFT_ONLY),
    )
    for x, y, until, top, verdict in regions:
        colour = to_rgba(LOOKS[verdict].colour, 0.1)
        plane.add_patch(Rectangle((x, y), until - x, top - y, facecolor=colour, edgecolor="none", zorder=0))
        if x >= -MARGIN and y >= -MARGIN:
            plane.annotate(verdict, (x + 0.02, top - 0.03), ha="left", va="top", size=SMALL, zorder=1)
    plane.axhline(-MARGIN, color=INK, linewidth=0.6)
    if left < -MARGIN:
        plane.axvline(-MARGIN, color=INK, linewidth=0.6)
    ticks = np.linspace(0, 1, 5)
    plane.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    plane.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    plane.set(xlim=(left, right), ylim=(bottom, end))
    plane.set(xlabel="capability generalization K", ylabel="goal generalization G")
    tidy(plane)


def _draw_seeds(plane: Axes, k: np.ndarray, g: np.ndarray, look: _Look, size: float) -> None:
    """Draws the seeds of one verdict: filled markers, and open ones where G is undefined."""
    undefined = np.isnan(g)
    for chosen, fill in ((~undefined, to_rgba(look.colour, 0.45)), (undefined, "none")):
        if chosen.any():
            plane.scatter(
                np.nan_to_num(k[chosen], nan=STRIP),
                np.nan_to_num(g[chosen], nan=STRIP + look.lane),
                s=size,
                marker=look.marker,
                facecolors=fill,
                edgecolors=to_rgba(look.colour, 0.9),
                linewidths=0.7,
                zorder=3,
            )


def _count_heaps(plane: Axes, k: np.ndarray, g: np.ndarray, lane: float, least: int) -> None:
    """Writes beside markers that lie on each other how many there are, if there are at least ``least``."""
    rest = list(zip(np.nan_to_num(k, nan=STRIP), np.nan_to_num(g, nan=STRIP + lane), strict=True))
    while rest:
        x, y = rest[0]
        heap = [place for place in rest if math.hypot(place[0] - x, place[1] - y) < HEAP]
        rest = [place for place in rest if place not in heap]
        if len(heap) >= least:
            # In the strip at the left there is no room on the left.
            away, side = (-4.5, "right") if x > STRIP else (4.5, "left")
            beside: dict[str, Any] = {"xytext": (away, 0), "textcoords": "offset points", "ha": side}
            label = f"{len(heap)}\N{MULTIPLICATION SIGN}"
            halo = [withStroke(linewidth=1.5, foreground="white")]
            plane.annotate(label, (x, y), size=SMALL, zorder=6, va="center", path_effects=halo, **beside)


def _draw_mean(plane: Axes, scores: Mapping[str, Any]) -> None:
    """Draws the means of K and G with their intervals as a cross, unless there is only one seed."""
    if scores["seeds"] == 1:
        return
    k, g = scores["capability_generalization"], scores["goal_generalization"]
    x, y = np.nan_to_num(numbers((k["mean"], g["mean"])), nan=STRIP)
    haloed(plane, interval(k), (y, y), label="mean of K")
    haloed(plane, (x, x), interval(g), label="mean of G")
    haloed(plane, x, y, marker="+", markersize=5, label="mean")


def _histogram(
    axes: Axes, values: np.ndarray, verdicts: np.ndarray, orientation: Literal["vertical", "horizontal"]
) -> None:
    """Draws how the seeds of each verdict are distributed along one axis of the plane."""
    known = ~np.isnan(values)
    parts = [values[known & (verdicts == verdict)] for verdict in DRAWN]
    colours = [to_rgba(LOOKS[verdict].colour, 0.6) for verdict in DRAWN]
    bins = np.arange(0, max(1.0, np.nanmax(values, initial=1.0)) + 0.05, 0.05).tolist()
    counts, *_ = axes.hist(parts, bins, stacked=True, color=colours, orientation=orientation)
    upright = orientation == "vertical"
    axes.xaxis.set_visible(not upright)
    axes.yaxis.set_visible(upright)
    axes.xaxis.tick_top()
    tidy(axes)
    axes.xaxis.set_label_position("top")
    axes.set(**{"ylabel" if upright else "xlabel": "seeds"})
    peak = int(np.max(counts))
    counts_axis: Axis = axes.yaxis if upright else axes.xaxis
    counts_axis.set_ticks((0, peak) if peak else ())
    for side, spine in axes.spines.items():
        spine.set_visible(side == ("left" if upright else "top") and peak > 0)


def _verdict_handles(scores: Mapping[str, Any]) -> list[Line2D]:
    """Returns the legend entries: the verdicts with their counts, and the mean if there is one."""
    counts = scores["verdicts"]
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=LOOKS[verdict].marker,
            markersize=5,
            markerfacecolor="none" if verdict == INCAPABLE else to_rgba(LOOKS[verdict].colour, 0.45),
            markeredgecolor=LOOKS[verdict].colour,
            markeredgewidth=0.7,
            label=f"{verdict} ({counts[verdict]})",
        )
        for verdict in DRAWN
        if counts[verdict] or verdict != SHIFT_ONLY
    ]
    if scores["seeds"] > 1:
        handles.append(
            Line2D(
                [],
                [],
                linestyle="none",
                color=INK,
                marker="+",
                markersize=7,
                markeredgewidth=1.2,
                label="mean, 95 % interval",
            )
        )
    return handles
