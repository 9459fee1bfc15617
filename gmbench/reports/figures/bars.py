"""Stacked bars whose parts sum to 1: one bar for a mean over seeds, or one bar per seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from gmbench.reports.figures.style import CENTRED, HEADING, INK, haloed, hatched, interval, numbers, tidy

LISTED_SEEDS = 40
"""The largest number of seeds for which each seed has a bar with a label."""
MEANS_HEIGHT = 0.62
"""The height of two bars of means, in inches."""
LEAST_LABELLED = 0.07
"""The narrowest part of a bar that has room for its number."""
LEAST_BETWEEN = 0.005
"""The narrowest part of a bar that is seen."""
BAR = 0.8
"""The thickness of a bar, as a fraction of the distance between bars."""


def draw_means(axes: Axes, rows: Mapping[str, Sequence[Mapping[str, Any]]], colours: Sequence[str]) -> None:
    """Draws a bar of means for each row, from the top down, with the name of the row at the left.

    The whiskers are 95 % intervals: that of the first part stands at its end, that of the last part at its
    beginning, unless nothing lies between the two.

    Args:
        axes: to draw on.
        rows: the estimates of the parts of each bar, by the name of the row.
        colours: of the parts.
    """
    for row, parts in enumerate(rows.values()):
        _mean_bar(axes, -row, parts, colours)
    axes.set_yticks([-row for row in range(len(rows))], list(rows))
    axes.set_xlim(0, 1)
    tidy(axes)


def _mean_bar(axes: Axes, row: float, parts: Sequence[Mapping[str, Any]], colours: Sequence[str]) -> None:
    widths = numbers(part["mean"] for part in parts)
    for left, width, colour in zip(np.cumsum(widths) - widths, widths, colours, strict=True):
        axes.barh(row, width, left=left, height=BAR, **hatched(colour))
        if width >= LEAST_LABELLED:
            box = {"facecolor": colour, "edgecolor": "none", "boxstyle": "square,pad=0.15"}
            middle = (left + width / 2, row)
            axes.annotate(f"{width:.2f}", middle, color=_readable(colour), bbox=box, **CENTRED)
    whiskers = [(interval(parts[0]), row + 0.34 * BAR)]
    # Where nothing lies between the first and the last part, two whiskers would describe one edge.
    if widths[1:-1].sum() >= LEAST_BETWEEN:
        whiskers.append((1 - interval(parts[-1]), row - 0.34 * BAR))
    for whisker, place in whiskers:
        haloed(axes, whisker, (place, place), marker="|", markersize=3.5, clip_on=False)


def seeds_height(count: int) -> float:
    """Returns the height in inches that `draw_seeds` needs for a number of seeds."""
    return 0.115 * count if count <= LISTED_SEEDS else 2.2


def draw_seeds(
    axes: Axes, seeds: Sequence[Mapping[str, Any]], widths: np.ndarray, colours: Sequence[str], order_by: str
) -> None:
    """Draws a bar for each seed under shift, ordered by the first part, then by the second and so on.

    Up to `LISTED_SEEDS` seeds each have a label. For more seeds, each part is drawn as one area.

    Args:
        axes: to draw on.
        seeds: the entries of ``per_seed`` in the scores.
        widths: float[seeds, parts], summing to 1 over the parts.
        colours: of the parts.
        order_by: what the first part is, for the heading.
    """
    order = np.lexsort(widths.T[::-1])
    widths = widths[order]
    ends = np.cumsum(widths, axis=1)
    listed = len(seeds) <= LISTED_SEEDS
    for part, colour in enumerate(colours):
        begin, end = ends[:, part] - widths[:, part], ends[:, part]
        if listed:
            axes.barh(range(len(seeds)), widths[:, part], left=begin, height=BAR, **hatched(colour))
        else:
            edges = np.arange(len(seeds) + 1) - 0.5
            look = {**hatched(colour), "linewidth": 0.0}
            axes.stairs(end, edges, baseline=begin, orientation="horizontal", fill=True, **look)
    labelled = order if listed else order[:0]
    axes.set_yticks(range(len(labelled)), [f"seed {seeds[index]['seed']}" for index in labelled])
    axes.set(xlim=(0, 1), ylim=(-0.5, len(seeds) - 0.5))
    heading = f"each of {len(seeds)} seeds, shift, by {order_by}" if len(seeds) > 1 else "the seed, shift"
    axes.set_title(heading, **HEADING)
    tidy(axes)


def patches(colours: Sequence[str], labels: Sequence[str]) -> list[Patch]:
    """Returns the legend entries of the parts."""
    return [Patch(**hatched(colour), label=label) for colour, label in zip(colours, labels, strict=True)]


def _readable(colour: str) -> str:
    """Returns the colour in which text is legible on a colour."""
    return "white" if np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) < 0.5 else INK
