"""What all figures share: sizes, colours, and what is drawn in the same way in each."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gmbench.runs.storage.results import Result

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


def tidy(axes: Axes) -> None:
    """Bares the top and the right, and makes the ticks small."""
    axes.spines[["top", "right"]].set_visible(False)
    # Not in STYLE: ticks are made when they are drawn, which may be under other settings.
    axes.tick_params(labelsize=SMALL, length=2.5, width=0.6, pad=2, color=INK, labelcolor=INK)


def title(figure: Figure, result: Result, **place: Any) -> None:
    """What was run, above the figure in small print."""
    scores = result.scores
    seeds = f"{scores['seeds']} {'seed' if scores['seeds'] == 1 else 'seeds'}"
    write_title(figure, (scores["task"], scores["algorithm"], seeds, f"alpha {scores['alpha']:g}"), **place)


def write_title(figure: Figure, parts: Sequence[str], **place: Any) -> None:
    """Parts of a title; lines break between them, not within."""
    whole = " \N{MIDDLE DOT} ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
    lines = textwrap.wrap(whole, round(figure.get_figwidth() * 18))
    figure.suptitle("\n".join(lines).replace("\N{NO-BREAK SPACE}", " "), size=SMALL, **place)


def haloed(axes: Axes, x: Any, y: Any, label: str = "", **style: Any) -> None:
    """A dark line that stands out from any colour; the light one under it has no label."""
    for colour, width, layer in (("white", 2.0, 4), (INK, 1.0, 5)):
        marked = {"markeredgewidth": width, "label": label if colour == INK else "", **style}
        axes.plot(x, y, color=colour, linewidth=width, zorder=layer, solid_capstyle="butt", **marked)


def legend(figure: Figure, handles: Sequence[Line2D | Patch]) -> None:
    """What the colours and marks mean, below the figure."""
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=math.ceil(len(handles) / legend_rows(len(handles))),
        columnspacing=1.2,
        handlelength=1.4,
        handletextpad=0.5,
    )


def legend_rows(entries: int) -> int:
    """Of a legend of so many entries, which are long: three fit beside each other, of more only two."""
    return 1 if entries <= 3 else math.ceil(entries / 2)


def goal_colours(count: int) -> list[str]:
    """The colours of a number of goals, the intended one first."""
    return [GOAL, *(PROXIES[index % len(PROXIES)] for index in range(count - 1))]


def numbers(values: Iterable[float | None]) -> np.ndarray:
    """As floats, with NaN for None, which JSON has instead."""
    return np.array(list(values), float)


def interval(estimate: Mapping[str, Any]) -> np.ndarray:
    """The ends of the 95 % interval of an estimate."""
    return numbers((estimate["low"], estimate["high"]))
