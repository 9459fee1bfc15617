"""The figures of a run, at the size of a page of a paper: one function for each, from a result to a figure.

Those of a suite are drawn from its scores. All leave matplotlib's global state as it is and need no JAX.
Colours mean the same in all: blue is the intended goal, orange a proxy, grey neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from gmbench.errors import UsageError
from gmbench.reports.figures.curves import learning_curves
from gmbench.reports.figures.goal_inference import goal_inference
from gmbench.reports.figures.outcomes import pack_outcomes
from gmbench.reports.figures.plane import generalization_plane
from gmbench.reports.figures.shares import suite_shares, three_shares
from gmbench.reports.figures.sweep import draw_sweep, swept
from gmbench.runs.storage.results import DIALS, Result

FIGURES: Mapping[str, Callable[[Result], Figure]] = {
    draw.__name__: draw
    for draw in (generalization_plane, three_shares, learning_curves, pack_outcomes, goal_inference)
}
"""By the name of their files."""


def save_figures(result: Result, folder: Path) -> list[Path]:
    """Writes every figure that means something for the result as PNG and as PDF, and gives the files.

    Without goal inference in the scores its figure is left out, and where all events count, the one of which
    goal came first.

    Raises:
        UsageError: the result has not been scored.
    """
    if not result.scores:
        raise UsageError(f"there are no scores to draw in {result.out}; run gmbench score on it first")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    left_out = set()
    if not result.scores.get("goal_inference"):
        left_out.add(goal_inference)
    if result.manifest["counting"] == "all":
        left_out.add(pack_outcomes)
    for name, draw in FIGURES.items():
        if draw in left_out:
            continue
        paths += _save(draw(result), folder, name)
    return paths


def save_suite_figures(scores: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes the figures of a suite's scores as PNG and as PDF, and gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return _save(suite_shares(scores), folder, suite_shares.__name__)


def save_sweep_figures(scores: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes the figures of a sweep as PNG and as PDF, one for each dial that was turned; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    turned = [dial for dial in DIALS if swept(scores, dial)] or [DIALS[0]]
    others = dict(zip(DIALS, reversed(DIALS), strict=True))
    return [
        path
        for dial in turned
        for path in _save(draw_sweep(scores, dial, others[dial]), folder, f"sweep_{dial}")
    ]


def _save(figure: Figure, folder: Path, name: str) -> list[Path]:
    png, pdf = folder / f"{name}.png", folder / f"{name}.pdf"
    figure.savefig(png, dpi=200)
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        # Without a date, the same result gives the same file.
        figure.savefig(pdf, metadata={"CreationDate": None})
    return [png, pdf]
