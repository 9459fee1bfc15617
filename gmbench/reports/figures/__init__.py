"""Figures at the size of a column or a page of a paper: one function draws each figure.

The figures of a run are drawn from its result, those of a suite or a sweep from its scores. No figure needs
JAX or changes matplotlib's global state. Colours have the same meaning in all figures: blue is the intended
goal, orange a proxy, grey neither.
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
from gmbench.reports.figures.sweep import draw_sweep, is_swept
from gmbench.runs.storage.manifests import SWEPT_SETTINGS
from gmbench.runs.storage.results import Result

FIGURES: Mapping[str, Callable[[Result], Figure]] = {
    draw.__name__: draw
    for draw in (generalization_plane, three_shares, learning_curves, pack_outcomes, goal_inference)
}
"""The functions that draw the figures of a run, by the names of the files."""


def save_figures(result: Result, folder: Path) -> list[Path]:
    """Writes the figures of a run as PNG and as PDF, and returns the paths of the files.

    The figure of goal inference is left out if the scores have no goal inference, and the figure of the
    outcomes if all events count, since no goal then comes first. If all seeds diverged, only their learning
    curves are drawn.

    Raises:
        UsageError: the result has not been scored.
    """
    if not result.scores:
        raise UsageError(f"there are no scores to draw in {result.out}; run gmbench score on it first")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    left_out: set[Callable[[Result], Figure]] = set()
    if not result.scores.get("goal_inference"):
        left_out.add(goal_inference)
    if result.manifest["counting"] == "all":
        left_out.add(pack_outcomes)
    if not result.scores["per_seed"]:
        left_out = set(FIGURES.values()) - {learning_curves}
    for name, draw in FIGURES.items():
        if draw in left_out:
            continue
        paths += _save(draw(result), folder, name)
    return paths


def save_suite_figures(scores: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes the figure of a suite's scores as PNG and as PDF, and returns the paths of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return _save(suite_shares(scores), folder, suite_shares.__name__)


def save_sweep_figures(scores: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes a figure for each parameter that a sweep varied, as PNG and as PDF.

    Returns the paths of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    varied = [name for name in SWEPT_SETTINGS if is_swept(scores, name)] or [SWEPT_SETTINGS[0]]
    others = dict(zip(SWEPT_SETTINGS, reversed(SWEPT_SETTINGS), strict=True))
    return [
        path
        for name in varied
        for path in _save(draw_sweep(scores, name, others[name]), folder, f"sweep_{name}")
    ]


def _save(figure: Figure, folder: Path, name: str) -> list[Path]:
    png, pdf = folder / f"{name}.png", folder / f"{name}.pdf"
    figure.savefig(png, dpi=300)
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        # Without a date in it, the file depends on nothing but the result.
        figure.savefig(pdf, metadata={"CreationDate": None})
    return [png, pdf]
