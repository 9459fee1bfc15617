"""The common style of all figures: sizes, colours, titles, legends and intervals."""

from __future__ import annotations

import contextlib
import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gmbench.runs.storage.results import Result

GOAL, PROXIES, NEITHER = "#0072B2", ("#D55E00", "#E69F00", "#CC79A7", "#F0E442"), "#A6A6A6"
"""Colours of the palette of Okabe and Ito, which colour-blind readers can distinguish."""
INK = "#222222"
HATCHES = dict(
    zip((GOAL, *PROXIES, NEITHER), ("", "//////", "......", "\\\\\\\\\\", "xxxxxx", ""), strict=True)
)
"""The hatching of areas in each colour: proxies are told from the goal in a grey print, too."""
DASHES = dict(
    zip((GOAL, *PROXIES, NEITHER), ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), "-"), strict=True)
)
"""The style of lines in each colour, for the same reason."""
FEW_SEEDS = 8
"""Intervals over fewer seeds are too narrow if a kind of seeds is missing, see docs/statistics.md."""

COLUMN, PAGE = 3.4, 6.9
"""Widths of figures in inches: one column of a two-column paper, and the full page."""
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
    "hatch.linewidth": 0.6,
}
HEADING: dict[str, Any] = {"loc": "left", "size": SMALL, "pad": 2}
CENTRED: dict[str, Any] = {"ha": "center", "va": "center", "size": SMALL}


@contextlib.contextmanager
def matplotlib_defaults() -> Iterator[None]:
    """Sets matplotlib's own defaults in a ``with`` block: the user's ``matplotlibrc`` changes no figure."""
    with matplotlib.rc_context():
        # A figure chooses its format by the name of its file, so that the backend makes no difference.
        kept: Any = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
        matplotlib.rcParams.update(kept)
        yield


def tidy(axes: Axes) -> None:
    """Removes the top and the right spine, and makes the ticks small."""
    axes.spines[["top", "right"]].set_visible(False)
    # STYLE cannot hold this: ticks are created when they are drawn, when other settings may be active.
    axes.tick_params(labelsize=SMALL, length=2.5, width=0.6, pad=2, color=INK, labelcolor=INK)


def title(figure: Figure, result: Result, **place: Any) -> None:
    """Writes what was run above the figure, in small print."""
    scores = result.scores
    count, diverged = scores["seeds"], len(scores["diverged"])
    seeds = f"{count} {'seed' if count == 1 else 'seeds'}" + (f" ({diverged} diverged)" if diverged else "")
    write_title(figure, (scores["task"], scores["algorithm"], seeds, f"alpha {scores['alpha']:g}"), **place)


def write_title(figure: Figure, parts: Sequence[str], **place: Any) -> None:
    """Writes a title above the figure. A line may break between two parts, but not within a part."""
    whole = " \N{MIDDLE DOT} ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
    lines = textwrap.wrap(whole, round(figure.get_figwidth() * 18))
    figure.suptitle("\n".join(lines).replace("\N{NO-BREAK SPACE}", " "), size=SMALL, **place)


def haloed(axes: Axes, x: Any, y: Any, label: str = "", **style: Any) -> None:
    """Draws a dark line or marker with a light edge, so that it is visible on any colour.

    Only the dark line has the label.
    """
    for colour, width, layer in (("white", 2.0, 4), (INK, 1.0, 5)):
        marked = {"markeredgewidth": width, "label": label if colour == INK else "", **style}
        axes.plot(x, y, color=colour, linewidth=width, zorder=layer, solid_capstyle="butt", **marked)


def hatched(colour: str) -> dict[str, Any]:
    """Returns the settings of an area in a colour: its hatching, and a white edge between neighbours."""
    return {"facecolor": colour, "hatch": HATCHES.get(colour, ""), "edgecolor": "white", "linewidth": 0.6}


def interval_handles(seeds: int) -> list[Line2D]:
    """Returns the legend entry that explains whiskers; none for one seed, which has no interval."""
    if seeds < 2:
        return []
    label = f"95 % interval over {seeds} seeds" + (" (too narrow)" if seeds < FEW_SEEDS else "")
    return [Line2D([], [], color=INK, linewidth=1.0, marker="|", markersize=4, label=label)]


def legend(
    figure: Figure, handles: Sequence[Line2D | Patch | tuple[Line2D | Patch, ...]], **settings: Any
) -> None:
    """Draws a legend below the figure."""
    labels = [
        handle[0].get_label() if isinstance(handle, tuple) else handle.get_label() for handle in handles
    ]
    figure.legend(
        handles=handles,
        labels=labels,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.3)},
        loc="outside lower center",
        **{
            "ncols": math.ceil(len(handles) / legend_rows(len(handles))),
            "columnspacing": 1.2,
            "handlelength": 1.8,
            "handletextpad": 0.5,
            **settings,
        },
    )


def legend_rows(entries: int) -> int:
    """Returns the number of rows of a legend.

    Up to three entries share one row. With more entries a row holds only two, since the entries are long.
    """
    return 1 if entries <= 3 else math.ceil(entries / 2)


def goal_colours(count: int) -> list[str]:
    """Returns the colours of a number of goals, the intended goal first."""
    return [GOAL, *(PROXIES[index % len(PROXIES)] for index in range(count - 1))]


def numbers(values: Iterable[float | None]) -> np.ndarray:
    """Returns values as an array of floats, with NaN for None, since JSON writes NaN as null."""
    return np.array(list(values), float)


def interval(estimate: Mapping[str, Any]) -> np.ndarray:
    """Returns the two ends of the 95 % interval of an estimate."""
    return numbers((estimate["low"], estimate["high"]))
