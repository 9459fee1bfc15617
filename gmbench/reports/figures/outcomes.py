"""The figure of the outcomes: how often each goal came first in the episodes of each pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from gmbench.benchmarks.scoring import NO_GOAL
from gmbench.reports.figures.bars import draw_means, patches
from gmbench.reports.figures.style import (
    COLUMN,
    NEITHER,
    STYLE,
    goal_colours,
    interval_handles,
    legend,
    title,
)
from gmbench.runs.storage.results import Result


@matplotlib.rc_context(STYLE)
def pack_outcomes(result: Result) -> Figure:
    """Draws in which fraction of the episodes of each pack each goal came first: means over seeds.

    The whiskers are 95 % intervals: that of the intended goal's fraction stands at its end, that of the
    fraction of episodes without any goal at its beginning.
    """
    goals: list[str] = list(result.manifest["goals"])
    packs: Mapping[str, Any] = result.scores["packs"]
    figure = Figure(figsize=(COLUMN, 2.4), layout="constrained")
    axes = figure.add_subplot()
    colours = [*goal_colours(len(goals)), NEITHER]
    rows = {
        name.replace("_", " "): [pack["first"][first] for first in (*goals, NO_GOAL)]
        for name, pack in packs.items()
    }
    draw_means(axes, rows, colours)
    axes.set_xlabel("fraction of episodes")
    labels = [f"{goal} first" for goal in goals] + ["neither" if len(goals) == 2 else "none of them"]
    legend(figure, [*patches(colours, labels), *interval_handles(result.scores["seeds"])])
    title(figure, result)
    return figure
