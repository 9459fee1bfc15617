"""Texts that compare stored runs of one task: side by side, and on different versions of jax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from gmbench.reports.pages.markdown import markdown_table
from gmbench.reports.tables.scores import labelled_estimates, verdict_counts

SAME = ("task", "algorithm", "seeds", "steps", "alpha", "levels", "config", "files")
"""What two runs must have in common for their difference to be one of versions and machines."""


def side_by_side(runs: Sequence[Mapping[str, Any]]) -> str:
    """Returns the figures of several stored runs of one task, in a column each.

    Args:
        runs: the stored runs.
    """
    return _columns([f"`{run['task']}`, alpha {run['alpha']:g}" for run in runs], runs)


def on_other_versions(runs: Sequence[Mapping[str, Any]]) -> str:
    """Returns the figures of the same run on several versions of jax, and how far they lie apart.

    Args:
        runs: the stored runs.

    Raises:
        ValueError: the runs differ in their settings, too.
    """
    for first, second in pairwise(runs):
        different = [name for name in SAME if first[name] != second[name]]
        if different:
            raise ValueError(f"the runs differ in {', '.join(different)}, not only in versions")
    table = _columns([f"Python {_version(run, 'python')}, jax {_version(run, 'jax')}" for run in runs], runs)
    estimates = [dict(labelled_estimates(run["scores"])) for run in runs]
    pairs = [[column[label] for column in estimates] for label in estimates[0]]
    defined = [pair for pair in pairs if all(estimate["low"] is not None for estimate in pair)]
    overlapping = sum(_overlap(pair) for pair in defined)
    apart = max(_spread(pair) for pair in defined)
    return (
        f"{table}\n\nThe intervals overlap in {overlapping} of {len(defined)} lines. "
        f"The means differ by {apart:.3f} at most."
    )


def estimate_text(estimate: Mapping[str, Any], seeds: int, digits: int = 3) -> str:
    """Returns a mean with its interval, or a dash; and the number of seeds behind it, where it is not all.

    Args:
        estimate: mean, interval and number of seeds.
        seeds: number of all seeds of the run.
        digits: digits after the point.
    """
    mean, low, high = (estimate[name] for name in ("mean", "low", "high"))
    if mean is None:
        return "-"
    interval = "" if low is None else f" ({low:.{digits}f} to {high:.{digits}f})"
    some = "" if estimate["count"] == seeds else f", {estimate['count']} of {seeds} seeds"
    return f"{mean:.{digits}f}{interval}{some}"


def _columns(names: Sequence[str], runs: Sequence[Mapping[str, Any]]) -> str:
    columns = [dict(labelled_estimates(run["scores"])) for run in runs]
    seeds = [run["seeds"] for run in runs]
    rows = [("verdicts", *(verdict_counts(run["scores"]) for run in runs))]
    for label in columns[0]:
        cells = (estimate_text(column[label], count) for column, count in zip(columns, seeds, strict=True))
        rows.append((label, *cells))
    return markdown_table(("", *names), rows)


def _version(run: Mapping[str, Any], library: str) -> str:
    return str(run["versions"][library])


def _overlap(estimates: Sequence[Mapping[str, float]]) -> bool:
    return max(estimate["low"] for estimate in estimates) <= min(estimate["high"] for estimate in estimates)


def _spread(estimates: Sequence[Mapping[str, float]]) -> float:
    means = [estimate["mean"] for estimate in estimates]
    return max(means) - min(means)
