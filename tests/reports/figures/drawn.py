"""Helpers that read from a figure what is drawn in it."""

import numpy as np
from matplotlib.patches import StepPatch


def panel(figure, label):
    """Returns the axes with a label."""
    (axes,) = (axes for axes in figure.axes if axes.get_label() == label)
    return axes


def all_labelled(axes, label):
    """Returns the coordinates of the lines with a label, in the order in which they were drawn."""
    lines = (line for line in axes.lines if line.get_label() == label)
    return [(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)) for line in lines]


def labelled(axes, label):
    """Returns the coordinates of the first line with a label, or None."""
    return next(iter(all_labelled(axes, label)), None)


def bars(axes):
    """Returns the left ends and the widths of horizontal bars: arrays [rows from the lowest up, parts]."""
    rows = {}
    for bar in axes.patches:
        rows.setdefault(round(bar.get_y() + bar.get_height() / 2, 6), []).append(bar)
    # The parts of a row are drawn in order; sorting them would confuse parts of no width.
    ordered = [rows[y] for y in sorted(rows)]
    return tuple(
        np.array([[getattr(bar, name)() for bar in row] for row in ordered])
        for name in ("get_x", "get_width")
    )


def areas(axes):
    """Returns the left ends and the widths of areas that replace horizontal bars: arrays [rows, parts]."""
    steps = [patch.get_data() for patch in axes.patches if isinstance(patch, StepPatch)]
    begins, ends = (np.array([getattr(step, name) for step in steps]).T for name in ("baseline", "values"))
    return begins, ends - begins


def ticks(axis):
    """Returns the texts of the tick labels of an axis."""
    return [label.get_text() for label in axis.get_ticklabels()]


def has_line(axes, ends):
    """Returns whether a line extends from one number to another along the x axis."""
    return any(np.allclose(line.get_xdata(), ends) for line in axes.lines)


def assert_nothing_is_cut_or_covered(figure):
    """Checks that everything lies inside the figure, and that title and legends cover no axes."""
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= 0
    assert drawn.x1 <= width
    assert drawn.y1 <= height
    around = [
        figure._suptitle.get_window_extent(),
        *(legend.get_window_extent() for legend in figure.legends),
    ]
    for axes in figure.axes:
        assert axes.get_tightbbox().count_overlaps(around) == 0


def texts(legend):
    """Returns the texts of the entries of a legend."""
    return [text.get_text() for text in legend.get_texts()]
