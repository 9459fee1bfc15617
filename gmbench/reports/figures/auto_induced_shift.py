"""The figure of the study of auto-induced shift: the goal as agents learn, and as episodes get longer."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gmbench.reports.figures.style import (
    DASHES,
    GOAL,
    NEITHER,
    PAGE,
    PROXIES,
    STYLE,
    legend,
    tidy,
    write_title,
)
from gmbench.studies.auto_induced_shift import ShiftStudy, in_words


@matplotlib.rc_context(STYLE)
def draw_shift_study(study: ShiftStudy) -> Figure:
    """Draws two panels, each with the mean over seeds and a thin line for every seed.

    Left: the fraction of the reference return on the goal at the shortest and at the longest horizon,
    against the steps of training. Right: the fractions on the goal and on the proxy after training, against
    the horizon.
    """
    figure = Figure(figsize=(PAGE, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    by_pause = np.array([returns.goal for returns in study.pauses])
    short, long = study.pauses[0].lengths
    thousands = tuple(steps / 1000 for steps in study.steps)
    handles = []
    for index, (length, colour) in enumerate(((short, NEITHER), (long, GOAL))):
        label = f"goal, {in_words(length, study.units)}"
        handles.append(_draw_lines(left, thousands, by_pause[:, index], colour, label))
    trained = study.trained
    _draw_lines(right, trained.lengths, trained.goal, GOAL, "goal")
    handles.append(_draw_lines(right, trained.lengths, trained.proxy, PROXIES[0], "proxy"))
    left.set(xlabel="steps of training, in thousands", ylabel="fraction of reference return", ylim=(0, None))
    right.set(xlabel=study.units[1], xscale="log")
    right.set_xticks(trained.lengths, [str(length) for length in trained.lengths])
    right.minorticks_off()
    for axes in (left, right):
        tidy(axes)
    write_title(figure, (study.task, f"{by_pause.shape[-1]} seeds"))
    legend(figure, handles)
    return figure


def _draw_lines(
    axes: Axes, x: tuple[float, ...], y: np.ndarray, colour: str, label: str
) -> matplotlib.lines.Line2D:
    """Draws a thin line for each column of ``y`` and a thick one for their mean, which it returns."""
    axes.plot(x, y, color=colour, linewidth=0.4, alpha=0.4)
    return axes.plot(x, y.mean(axis=1), color=colour, linestyle=DASHES[colour], label=label)[0]
