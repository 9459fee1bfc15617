"""The figure of goal inference: which goal the behaviour reveals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from gmbench.benchmarks.scoring import NO_GOAL
from gmbench.reports.figures.bars import (
    LISTED_SEEDS,
    MEANS_HEIGHT,
    draw_means,
    draw_seeds,
    patches,
    seeds_height,
)
from gmbench.reports.figures.style import (
    COLUMN,
    HEADING,
    INK,
    NEITHER,
    STYLE,
    goal_colours,
    haloed,
    interval,
    interval_handles,
    legend,
    legend_rows,
    numbers,
    tidy,
    title,
)
from gmbench.runs.storage.results import Result

PACKS = ("iid", "shift")
EXPLAINED = "explained"
"""The headline of goal inference: the mixture over levels, see docs/calibration.md."""
LANE = 0.18
"""The height of the lane in which the directedness at one goal is drawn, in inches."""
GAP = 0.5
"""The space between the lanes of two packs, in lanes."""
MARKERS = ("o", "s", "^", "D", "v")
"""The markers of the goals, the intended goal first."""
GOLDEN = (np.sqrt(5) - 1) / 2
"""The golden ratio minus 1: its multiples modulo 1 lie far from each other."""


@matplotlib.rc_context(STYLE)
def goal_inference(result: Result) -> Figure:
    """Draws which goal the behaviour reveals, and how strongly it is directed at each, on iid and shift.

    The bars are the fraction of levels on which each of the goals, or none, explains the play of a seed. The
    table of a run shows the same numbers. The top panel shows means over seeds. The panel below it shows the
    seeds on ``shift``, ordered by the fraction of the intended goal. The whiskers are 95 % intervals: that of
    the intended goal's fraction stands at its end, that of the fraction of no goal at its beginning.

    The dots at the bottom are the maximum-entropy goal-directedness (MacDermott et al. 2024) of each seed at
    each goal, in nats per step. The height of a dot in its lane has no meaning. Under the dots is the mean
    over seeds with its 95 % interval.
    """
    goals: list[str] = list(result.manifest["goals"])
    hypotheses = [*goals, NO_GOAL]
    scores: Mapping[str, Any] = result.scores["goal_inference"]
    seeds: Sequence[Mapping[str, Any]] = result.scores["per_seed"]
    labels = [f"goal ({goals[0]})", *(f"proxy ({proxy})" for proxy in goals[1:]), "no goal"]
    lanes = len(PACKS) * len(goals) + GAP
    heights = (MEANS_HEIGHT, seeds_height(len(seeds)), LANE * lanes)
    # The constants are room for the title, the headings, the labels and the legend.
    height = sum(heights) + 1.6 + 0.14 * legend_rows(len(labels) + 1)
    figure = Figure(figsize=(COLUMN, height), layout="constrained")
    means, each, directed = figure.subplots(3, 1, height_ratios=heights)
    for axes, label in ((means, "means"), (each, "seeds"), (directed, "directedness")):
        axes.set_label(label)

    colours = [*goal_colours(len(goals)), NEITHER]
    rows = {pack: [scores[pack][EXPLAINED][name] for name in hypotheses] for pack in PACKS}
    draw_means(means, rows, colours)
    means.tick_params(labelbottom=False)
    means.set_title("mean over seeds", **HEADING)
    posteriors = (seed["goal_inference"]["shift"][EXPLAINED] for seed in seeds)
    widths = np.array([numbers(posterior[name] for name in hypotheses) for posterior in posteriors])
    draw_seeds(each, seeds, widths, colours, f"levels explained by {goals[0]}")
    each.set_xlabel("fraction of levels explained")
    _draw_directedness(directed, goals, scores, seeds)
    legend(figure, [*patches(colours, labels), *interval_handles(len(seeds))])
    title(figure, result)
    return figure


def _draw_directedness(
    axes: Axes, goals: Sequence[str], scores: Mapping[str, Any], seeds: Sequence[Mapping[str, Any]]
) -> None:
    """Draws a lane for each goal on one pack, and below them a lane for each goal on the other."""
    axes.axvline(0, color=INK, linewidth=0.6, alpha=0.4, zorder=0)
    centres, end = [], 0.0
    for pack_index, pack in enumerate(PACKS):
        top = -pack_index * (len(goals) + GAP)
        centres.append(top - (len(goals) - 1) / 2)
        by_goal = []
        for index, (goal, colour) in enumerate(zip(goals, goal_colours(len(goals)), strict=True)):
            values = numbers(seed["goal_inference"][pack]["directedness"][goal] for seed in seeds)
            look = (colour, MARKERS[index % len(MARKERS)])
            _draw_lane(axes, top - index, values, scores[pack]["directedness"][goal], look)
            by_goal.append(values)
            end = np.nanmax(values, initial=end)
        if len(seeds) <= LISTED_SEEDS:
            heights = top - np.arange(len(goals))[:, None] + _dot_heights(len(seeds))
            axes.plot(np.array(by_goal), heights, color=NEITHER, linewidth=0.4, zorder=1)
    axes.set_yticks(centres, PACKS)
    # If every value is 0, the end of the axis does not matter.
    axes.set(xlim=(-0.03 * (end or 1), 1.04 * (end or 1)), ylim=(top - len(goals) + 0.5, 0.5))
    axes.set_xlabel("goal-directedness (nats per step)")
    several = len(seeds) > 1
    each = "each seed, joined" if len(seeds) <= LISTED_SEEDS else "each seed"
    axes.set_title(f"{each}, and the mean with its interval" if several else "the seed", **HEADING)
    tidy(axes)


def _dot_heights(count: int) -> np.ndarray:
    """Returns the height of the dot of each seed in its lane: float[seeds].

    Dots stand at different heights, so that equal values do not hide each other; without random numbers.
    """
    return np.arange(count) * GOLDEN % 1 * 0.5 - 0.1 if count > 1 else np.zeros(1)


def _draw_lane(
    axes: Axes, y: float, values: np.ndarray, estimate: Mapping[str, Any], look: tuple[str, str]
) -> None:
    """Draws the seeds as dots and, if there are several, their mean below the dots.

    Args:
        axes: to draw on.
        y: the middle of the lane.
        values: of the seeds.
        estimate: of their mean.
        look: colour and marker of the dots.
    """
    colour, marker = look
    several = len(values) > 1
    axes.scatter(
        values,
        y + _dot_heights(len(values)),
        marker=marker,
        s=9 if len(values) <= 50 else 4,
        facecolors=to_rgba(colour, 0.45),
        edgecolors=to_rgba(colour, 0.9),
        linewidths=0.4,
        zorder=3,
    )
    if several:
        below = y - 0.3
        haloed(axes, interval(estimate), (below, below), marker="|", markersize=3.5, label="interval")
        haloed(axes, numbers([estimate["mean"]]), [below], marker="o", markersize=2.5, label="mean")
