"""An auto-induced shift: what is left of the goal as agents learn, and as episodes get longer."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmbench.reports.figures.style import GOAL, NEITHER, PAGE, PROXIES, STYLE, legend, tidy, write_title
from gmbench.studies.auto_induced_shift import Growth


@matplotlib.rc_context(STYLE)
def draw_growth(growth: Growth) -> Figure:
    """Two panels, each with the mean over seeds and every seed.

    Left: the part of the goal that was had at the shortest and at the longest horizon, against the steps of
    training. Right: the parts of goal and proxy at the end, against the horizon.
    """
    figure = Figure(figsize=(PAGE, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    by_pause = np.array([played.goal for played in growth.paused])
    short, long = growth.paused[0].lengths
    thousands = tuple(steps / 1000 for steps in growth.steps)
    handles = []
    for index, (length, colour) in enumerate(((short, NEITHER), (long, GOAL))):
        label = f"goal, {growth.unit}: {length}"
        handles.append(_lines(left, thousands, by_pause[:, index], colour, label))
    trained = growth.trained
    _lines(right, trained.lengths, trained.goal, GOAL, "goal")
    handles.append(_lines(right, trained.lengths, trained.proxy, PROXIES[0], "proxy"))
    left.set(xlabel="steps of training, in thousands", ylabel="part of what can be had", ylim=(0, None))
    right.set(xlabel=growth.unit, xscale="log")
    right.set_xticks(trained.lengths, [str(length) for length in trained.lengths])
    right.minorticks_off()
    for axes in (left, right):
        tidy(axes)
    write_title(figure, (growth.task, f"{by_pause.shape[-1]} seeds"))
    legend(figure, handles)
    return figure


def _lines(
    axes: Axes, x: tuple[float, ...], y: np.ndarray, colour: str, label: str
) -> matplotlib.lines.Line2D:
    """The mean over axis 1, and thinly each column."""
    axes.plot(x, y, color=colour, linewidth=0.4, alpha=0.5)
    return axes.plot(x, y.mean(axis=1), color=colour, label=label)[0]
