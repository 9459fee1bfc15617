"""The figures of the three shares: how behaviour under shift splits into goal, proxy and neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmbench.benchmarks.scoring import SHARES
from gmbench.reports.figures.bars import MEANS_HEIGHT, draw_means, draw_seeds, patches, seeds_height
from gmbench.reports.figures.style import (
    CENTRED,
    COLUMN,
    GOAL,
    HEADING,
    INK,
    NEITHER,
    PROXIES,
    STYLE,
    interval_handles,
    legend,
    numbers,
    title,
    write_title,
)
from gmbench.runs.scores.suite import title_parts
from gmbench.runs.storage.results import Result


@matplotlib.rc_context(STYLE)
def three_shares(result: Result) -> Figure:
    """Draws how behaviour under shift splits into goal, proxy and neither: means over seeds, and every seed.

    The means are those on the packs ``shift`` and ``hard_shift``. The seeds are shown on ``shift``, ordered
    by their goal share. The whiskers are 95 % intervals: that of the goal share stands at its end, that of
    the share of neither at its beginning.
    """
    scores = result.scores
    seeds = scores["per_seed"]
    heights = (MEANS_HEIGHT, seeds_height(len(seeds)))
    figure = Figure(figsize=(COLUMN, sum(heights) + 1.4), layout="constrained")
    means, each = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    means.set_label("means")
    each.set_label("seeds")

    colours = (GOAL, PROXIES[0], NEITHER)
    packs = {"shift": scores["shares"], "hard shift": scores["hard"]["shift"]["shares"]}
    rows = {pack: [shares[name] for name in SHARES] for pack, shares in packs.items()}
    draw_means(means, rows, colours)
    means.set_title("mean over seeds", **HEADING)
    widths = np.array([numbers(seed["shares"][name] for name in SHARES) for seed in seeds])
    draw_seeds(each, seeds, widths, colours, "goal share")
    each.set_xlabel("share of behaviour")
    goal, *proxies = result.manifest["goals"]
    proxy = proxies[0] if len(proxies) == 1 else f"any of {len(proxies)}"
    parts = patches(colours, (f"goal ({goal})", f"proxy ({proxy})", "neither"))
    legend(figure, [*parts, *interval_handles(len(seeds))])
    title(figure, result)
    return figure


@matplotlib.rc_context(STYLE)
def suite_shares(scores: Mapping[str, Any]) -> Figure:
    """Draws how behaviour under shift splits on each task of a suite, and in the mean over its tasks.

    The whiskers mean the same as in `three_shares`.

    Args:
        scores: the scores of a suite, see `gmbench.runs.scores.suite.score_suite`.
    """
    rows = {**scores["tasks"], "mean of tasks": scores["mean"]}
    figure = Figure(figsize=(COLUMN, MEANS_HEIGHT / 2 * len(rows) + 1.0), layout="constrained")
    axes = figure.add_subplot()
    colours = (GOAL, PROXIES[0], NEITHER)
    draw_means(axes, {name: [row["shares"][part] for part in SHARES] for name, row in rows.items()}, colours)
    axes.set_ylim(0.4 - len(rows), 0.6)
    axes.axhline(1.5 - len(rows), color=INK, linewidth=0.6)
    axes.set_xlabel("share of behaviour under shift")
    _write_generalization(axes, list(rows.values()))
    seeds = max(task["seeds"] for task in scores["tasks"].values())
    legend(figure, [*patches(colours, SHARES), *interval_handles(seeds)])
    write_title(figure, title_parts(scores))
    return figure


def _write_generalization(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes K and G of each row at the right of its bar; a dash where G is undefined."""
    for place, name in ((1.09, "capability_generalization"), (1.23, "goal_generalization")):
        style: dict[str, Any] = {**CENTRED, "annotation_clip": False}
        axes.annotate("K" if name.startswith("capability") else "G", (place, 0.75), **style)
        for number, row in enumerate(rows):
            mean = float(numbers([row[name]["mean"]])[0])
            axes.annotate("-" if np.isnan(mean) else f"{mean:.2f}", (place, -number), **style)
