"""The figures of one run, at the size of a page of a paper: one function for each, from a result to a figure.

They leave matplotlib's global state as it is and need no JAX. Colours mean the same in all: blue is the
intended goal, orange a proxy, grey neither.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import EngFormatter, MaxNLocator

from gmbench.benchmarks.scoring import (
    COMPETENCE_FLOOR,
    INCAPABLE,
    MISGENERALIZATION,
    MISGENERALIZED,
    ROBUST,
    UNTRAINED,
    VERDICTS,
)
from gmbench.errors import UsageError
from gmbench.results import Result, Table

GOAL, PROXIES, NEITHER = "#0072B2", ("#D55E00", "#E69F00", "#CC79A7", "#F0E442"), "#A6A6A6"
"""From the palette of Okabe and Ito, which the colour-blind can tell apart."""
INK = "#222222"

COLUMN, PAGE = 3.4, 6.9
"""Widths in inches: of one column of a paper with two, and of both."""
SMALL, TEXT = 6.5, 7.5
"""Font sizes in points."""
STYLE: dict[Any, Any] = {
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
}
HEADING: dict[str, Any] = {"loc": "left", "size": SMALL, "pad": 2}
CENTRED: dict[str, Any] = {"ha": "center", "va": "center", "size": SMALL}
SHARES = ("goal", "proxy", "neither")


class _Look(NamedTuple):
    """How the seeds of a verdict are drawn."""

    colour: str
    marker: str
    lane: float = 0.0
    """Shift across the strip of undefined figures, where height says nothing, away from other verdicts."""


class _Panel(NamedTuple):
    """What is shown of one column of the learning curves."""

    title: str
    unit: str
    colour: str


LOOKS = {
    ROBUST: _Look(GOAL, "o"),
    MISGENERALIZED: _Look(PROXIES[0], "s"),
    INCAPABLE: _Look("#7A7A7A", "^", lane=0.025),
    UNTRAINED: _Look(INK, "D", lane=-0.025),
}

MARGIN = 0.05
"""Of the plane, around the unit square, so that no marker is cut."""
STRIP = -0.14
"""Where on its axis of the plane an undefined figure is drawn, in the middle of a strip."""
LISTED_SEEDS = 40
"""Up to so many seeds have a bar with a label each."""
LINED_SEEDS = 32
"""Up to so many seeds have a learning curve each."""
BAND = (10, 90)
"""Percentiles over seeds, of the learning curves."""


def save_figures(result: Result, folder: Path) -> list[Path]:
    """Writes every figure as PNG and as PDF, and gives the files.

    Raises:
        UsageError: the result has not been scored.
    """
    if not result.scores:
        raise UsageError(f"there are no scores to draw in {result.out}; run gmbench score on it first")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, draw in FIGURES.items():
        figure = draw(result)
        png, pdf = folder / f"{name}.png", folder / f"{name}.pdf"
        figure.savefig(png, dpi=200)
        with matplotlib.rc_context({"pdf.fonttype": 42}):
            # Without a date, the same result gives the same file.
            figure.savefig(pdf, metadata={"CreationDate": None})
        paths += [png, pdf]
    return paths


# The plane of the two generalization figures.


@matplotlib.rc_context(STYLE)
def generalization_plane(result: Result) -> Figure:
    """Capability generalization K against goal generalization G: one marker for each seed, and the mean.

    The shaded regions are those of the verdicts. They hold for every trained seed, though a verdict asks for
    the capability under shift, not for K: G is defined only where that capability reaches the floor, and K is
    never below it. Seeds without G are open markers in a strip below the plane, seeds without K are in a
    strip at its left. Histograms at the margins count the seeds, since markers can coincide. The cross is the
    mean of K over the seeds that have it and of G over those that have that, with 95 % intervals, so it may
    lie where no seed can.
    """
    seeds: Sequence[Mapping[str, Any]] = result.scores["per_seed"]
    kept = _numbers(seed["capability_generalization"] for seed in seeds)
    aimed = _numbers(seed["goal_generalization"] for seed in seeds)
    verdicts = np.array([seed["verdict"] for seed in seeds])

    figure = Figure(figsize=(COLUMN, 4.2))
    places = {"left": 0.135, "right": 0.97, "top": 0.92, "bottom": 0.212, "wspace": 0.05, "hspace": 0.04}
    grid = figure.add_gridspec(2, 2, width_ratios=(5, 1), height_ratios=(1, 6.2), **places)
    plane = figure.add_subplot(grid[1, 0], label="plane")
    _frame_plane(plane, left=2 * STRIP + MARGIN if np.isnan(kept).any() else -MARGIN)
    for verdict in VERDICTS:
        chosen = verdicts == verdict
        _draw_seeds(plane, kept[chosen], aimed[chosen], LOOKS[verdict], size=24 if len(seeds) <= 50 else 12)
    _draw_mean(plane, result.scores)

    above = figure.add_subplot(grid[0, 0], sharex=plane, label="above")
    _histogram(above, kept, verdicts, "vertical")
    beside = figure.add_subplot(grid[1, 1], sharey=plane, label="beside")
    _histogram(beside, aimed, verdicts, "horizontal")
    label = f"G\nundefined\n({np.isnan(aimed).sum()})"
    beside.annotate(label, (0.5, STRIP), xycoords=("axes fraction", "data"), **CENTRED)
    if np.isnan(kept).any():
        label = f"K undefined ({np.isnan(kept).sum()})"
        plane.annotate(label, (STRIP, 0.5), rotation="vertical", **CENTRED)
    _legend(figure, _verdict_handles(result.scores), columns=2)
    _title(figure, result, y=0.93, verticalalignment="bottom")
    return figure


def _frame_plane(plane: Axes, left: float) -> None:
    """Axes and the regions of the verdicts.

    Args:
        plane: to draw on.
        left: end of the x axis.
    """
    bottom, end = 2 * STRIP + MARGIN, 1 + MARGIN
    floor, half = COMPETENCE_FLOOR, MISGENERALIZATION
    regions = (
        (floor, half, end, end, ROBUST),
        (floor, -MARGIN, end, half, MISGENERALIZED),
        (left, -MARGIN, floor, end, INCAPABLE),
        (left, bottom, end, -MARGIN, INCAPABLE),
    )
    for x, y, right, top, verdict in regions:
        colour = to_rgba(LOOKS[verdict].colour, 0.1)
        plane.add_patch(Rectangle((x, y), right - x, top - y, facecolor=colour, edgecolor="none", zorder=0))
        if y >= -MARGIN:
            label = {"color": LOOKS[verdict].colour, "alpha": 0.8, "rotation": "vertical", **CENTRED}
            plane.annotate(verdict, (max(x, -MARGIN) + 0.03, (y + top) / 2), zorder=1, **label)
    plane.axhline(-MARGIN, color=INK, linewidth=0.6)
    if left < -MARGIN:
        plane.axvline(-MARGIN, color=INK, linewidth=0.6)
    ticks = np.linspace(0, 1, 5)
    plane.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    plane.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    plane.set(xlim=(left, end), ylim=(bottom, end))
    plane.set(xlabel="capability generalization K", ylabel="goal generalization G")
    _tidy(plane)


def _draw_seeds(plane: Axes, kept: np.ndarray, aimed: np.ndarray, look: _Look, size: float) -> None:
    """The seeds of one verdict: filled markers, and open ones where G is undefined."""
    undefined = np.isnan(aimed)
    for chosen, fill in ((~undefined, to_rgba(look.colour, 0.45)), (undefined, "none")):
        if chosen.any():
            plane.scatter(
                np.nan_to_num(kept[chosen], nan=STRIP),
                np.nan_to_num(aimed[chosen], nan=STRIP + look.lane),
                s=size,
                marker=look.marker,
                facecolors=fill,
                edgecolors=to_rgba(look.colour, 0.9),
                linewidths=0.7,
                zorder=3,
            )


def _draw_mean(plane: Axes, scores: Mapping[str, Any]) -> None:
    """The means of K and G with their intervals, as a cross; nothing for one seed, which is its own mean."""
    if scores["seeds"] == 1:
        return
    kept, aimed = scores["capability_generalization"], scores["goal_generalization"]
    x, y = np.nan_to_num(_numbers((kept["mean"], aimed["mean"])), nan=STRIP)
    _haloed(plane, _interval(kept), (y, y), label="mean of K")
    _haloed(plane, (x, x), _interval(aimed), label="mean of G")
    _haloed(plane, x, y, marker="+", markersize=5, label="mean")


def _histogram(
    axes: Axes, values: np.ndarray, verdicts: np.ndarray, orientation: Literal["vertical", "horizontal"]
) -> None:
    """How many seeds of each verdict lie where along one axis of the plane."""
    known = ~np.isnan(values)
    parts = [values[known & (verdicts == verdict)] for verdict in VERDICTS]
    colours = [to_rgba(LOOKS[verdict].colour, 0.6) for verdict in VERDICTS]
    bins = np.linspace(0, 1, 21).tolist()
    counts, *_ = axes.hist(parts, bins, stacked=True, color=colours, orientation=orientation)
    upright = orientation == "vertical"
    axes.xaxis.set_visible(not upright)
    axes.yaxis.set_visible(upright)
    axes.xaxis.tick_top()
    _tidy(axes)
    peak = int(np.max(counts))
    counts_axis: Axis = axes.yaxis if upright else axes.xaxis
    counts_axis.set_ticks((0, peak) if peak else ())
    for side, spine in axes.spines.items():
        spine.set_visible(side == ("left" if upright else "top") and peak > 0)


def _verdict_handles(scores: Mapping[str, Any]) -> list[Line2D]:
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
        for verdict in VERDICTS
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


# Stacked bars.


@matplotlib.rc_context(STYLE)
def three_shares(result: Result) -> Figure:
    """The split of behaviour under shift into goal, proxy and neither: the means, and every seed.

    The means are those of the packs ``shift`` and ``hard_shift``; the seeds, ordered by their goal share,
    are shown on ``shift``. The whiskers are the 95 % intervals of the goal share, at its end, and of the
    share of neither, at its beginning.
    """
    scores = result.scores
    seeds = sorted(scores["per_seed"], key=lambda seed: (seed["shares"]["goal"], seed["shares"]["proxy"]))
    listed = len(seeds) <= LISTED_SEEDS
    heights = (0.62, 0.115 * len(seeds) if listed else 2.2)
    figure = Figure(figsize=(COLUMN, sum(heights) + 1.4), layout="constrained")
    means, each = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    means.set_label("means")
    each.set_label("seeds")

    colours = (GOAL, PROXIES[0], NEITHER)
    for row, shares in enumerate((scores["hard"]["shift"]["shares"], scores["shares"])):
        _mean_bar(means, row, [shares[name] for name in SHARES], colours)
    means.set_yticks((1, 0), ("shift", "hard shift"))
    means.set_title("mean over seeds", **HEADING)
    each.set_title(f"each of {len(seeds)} seeds, shift" if len(seeds) > 1 else "the seed, shift", **HEADING)
    widths = np.array([_numbers(seed["shares"][name] for name in SHARES) for seed in seeds])
    _seed_bars(each, widths, colours, apart=listed)
    if listed:
        each.set_yticks(range(len(seeds)), [f"seed {seed['seed']}" for seed in seeds])
    else:
        each.set_yticks(())
    each.set(xlim=(0, 1), ylim=(-0.5, len(seeds) - 0.5), xlabel="share of behaviour")
    goal, *proxies = result.manifest["goals"]
    proxy = proxies[0] if len(proxies) == 1 else f"any of {len(proxies)}"
    _tidy(means)
    _tidy(each)
    _legend(figure, _patches(colours, (f"goal ({goal})", f"proxy ({proxy})", "neither")), columns=3)
    _title(figure, result)
    return figure


@matplotlib.rc_context(STYLE)
def pack_outcomes(result: Result) -> Figure:
    """Which goal came first in the episodes of each pack, in the mean over seeds.

    The whiskers are the 95 % intervals of the rate of the intended goal, at its end, and of none, at its
    beginning.
    """
    goals: list[str] = list(result.manifest["goals"])
    packs: Mapping[str, Any] = result.scores["packs"]
    figure = Figure(figsize=(COLUMN, 2.3), layout="constrained")
    axes = figure.add_subplot()
    colours = [*_goal_colours(len(goals)), NEITHER]
    for row, pack in enumerate(packs.values()):
        _mean_bar(axes, -row, [pack["first"][name] for name in (*goals, "none")], colours)
    axes.set_yticks([-row for row in range(len(packs))], [name.replace("_", " ") for name in packs])
    axes.set(xlim=(0, 1), xlabel="fraction of episodes")
    _tidy(axes)
    labels = [f"{goal} first" for goal in goals] + ["none"]
    _legend(figure, _patches(colours, labels), columns=3 if len(labels) == 3 else 2)
    _title(figure, result)
    return figure


def _mean_bar(
    axes: Axes, row: float, parts: Sequence[Mapping[str, Any]], colours: Sequence[str], height: float = 0.8
) -> None:
    """A stacked bar of the means of estimates that sum to 1, with whiskers for the first and the last."""
    widths = _numbers(part["mean"] for part in parts)
    for left, width, colour in zip(np.cumsum(widths) - widths, widths, colours, strict=True):
        axes.barh(row, width, left=left, height=height, color=colour)
        if width >= 0.1:
            axes.annotate(f"{width:.2f}", (left + width / 2, row), color=_readable(colour), **CENTRED)
    end, begin = _interval(parts[0]), 1 - _interval(parts[-1])
    for whisker, place in ((end, row + 0.34 * height), (begin, row - 0.34 * height)):
        _haloed(axes, whisker, (place, place), marker="|", markersize=3.5, clip_on=False)


def _seed_bars(axes: Axes, widths: np.ndarray, colours: Sequence[str], apart: bool) -> None:
    """A stacked bar for every row, from the lowest up.

    Args:
        axes: to draw on.
        widths: float[rows, parts], summing to 1 over the parts.
        colours: of the parts.
        apart: with gaps between the bars; otherwise one area for each part, however many rows there are.
    """
    ends = np.cumsum(widths, axis=1)
    rows = np.arange(len(widths))
    for part, colour in enumerate(colours):
        begin, end = ends[:, part] - widths[:, part], ends[:, part]
        if apart:
            axes.barh(rows, widths[:, part], left=begin, height=0.8, color=colour)
        else:
            edges = np.arange(len(widths) + 1) - 0.5
            axes.stairs(end, edges, baseline=begin, orientation="horizontal", fill=True, color=colour)


# Learning curves.


@matplotlib.rc_context(STYLE)
def learning_curves(result: Result) -> Figure:
    """The return on each goal during training, on the training levels, with episode length and entropy.

    In each panel stand the mean over seeds, the band from the 10th to the 90th percentile, and a thin line
    for each seed if these are few. Updates in which no episode finished are bridged. What the algorithm
    does not report is left out.
    """
    goals: list[str] = list(result.manifest["goals"])
    kinds = ["goal", *("proxy" for _ in goals[1:])]
    panels = {
        f"return_{goal}": _Panel(f"{kind}: {goal}", "mean training return", colour)
        for goal, kind, colour in zip(goals, kinds, _goal_colours(len(goals)), strict=True)
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
        _tidy(axes)
    if not panels:
        figure.text(0.5, 0.5, "The algorithm reports neither returns nor lengths nor entropy.", **CENTRED)
    elif result.scores["seeds"] > 1:
        _legend(figure, _curve_handles(result.scores["seeds"]), columns=3)
    _title(figure, result)
    return figure


def _by_seed(curves: Table, column: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps at each update, int[updates], and a column at each, float[seeds, updates]."""
    seeds, row = np.unique(curves["seed"], return_inverse=True)
    updates, first, place = np.unique(curves["update"], return_index=True, return_inverse=True)
    values = np.full((len(seeds), len(updates)), np.nan)
    values[row, place] = curves[column]
    return curves["steps"][first], values


def _draw_curves(axes: Axes, steps: np.ndarray, values: np.ndarray, colour: str) -> None:
    """The mean over seeds against steps, and what shows their spread.

    Args:
        axes: to draw on.
        steps: int[updates].
        values: float[seeds, updates], NaN where unknown.
        colour: of all.
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
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=INK, linewidth=1.4, label="mean over seeds"),
        Patch(facecolor=to_rgba(INK, 0.18), label=f"{BAND[0]}\N{EN DASH}{BAND[1]} % of seeds"),
    ]
    if seeds <= LINED_SEEDS:
        handles.append(Line2D([], [], color=INK, linewidth=0.5, alpha=0.6, label="each seed"))
    return handles


# What all share.


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    # Not in STYLE: ticks are made when they are drawn, which may be under other settings.
    axes.tick_params(labelsize=SMALL, length=2.5, width=0.6, pad=2, color=INK, labelcolor=INK)


def _title(figure: Figure, result: Result, **place: Any) -> None:
    """What was run, above the figure in small print."""
    scores = result.scores
    seeds = f"{scores['seeds']} {'seed' if scores['seeds'] == 1 else 'seeds'}"
    parts = (scores["task"], scores["algorithm"], seeds, f"alpha {scores['alpha']:g}")
    # Lines break between parts, not within them.
    whole = " \N{MIDDLE DOT} ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
    lines = textwrap.wrap(whole, round(figure.get_figwidth() * 18))
    figure.suptitle("\n".join(lines).replace("\N{NO-BREAK SPACE}", " "), size=SMALL, **place)


def _haloed(axes: Axes, x: Any, y: Any, label: str = "", **style: Any) -> None:
    """A dark line that stands out from any colour; the light one under it has no label."""
    for colour, width, layer in (("white", 2.0, 4), (INK, 1.0, 5)):
        marked = {"markeredgewidth": width, "label": label if colour == INK else "", **style}
        axes.plot(x, y, color=colour, linewidth=width, zorder=layer, solid_capstyle="butt", **marked)


def _readable(colour: str) -> str:
    """A colour for text on another."""
    return "white" if np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) < 0.5 else INK


def _legend(figure: Figure, handles: Sequence[Line2D | Patch], columns: int) -> None:
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=columns,
        columnspacing=1.2,
        handlelength=1.4,
        handletextpad=0.5,
    )


def _patches(colours: Sequence[str], labels: Sequence[str]) -> list[Patch]:
    return [Patch(color=colour, label=label) for colour, label in zip(colours, labels, strict=True)]


def _goal_colours(count: int) -> list[str]:
    """The colours of a number of goals, the intended one first."""
    return [GOAL, *(PROXIES[index % len(PROXIES)] for index in range(count - 1))]


def _numbers(values: Iterable[float | None]) -> np.ndarray:
    """As floats, with NaN for None, which JSON has instead."""
    return np.array(list(values), float)


def _interval(estimate: Mapping[str, Any]) -> np.ndarray:
    return _numbers((estimate["low"], estimate["high"]))


FIGURES: Mapping[str, Callable[[Result], Figure]] = {
    draw.__name__: draw for draw in (generalization_plane, three_shares, learning_curves, pack_outcomes)
}
"""By the name of their files."""
