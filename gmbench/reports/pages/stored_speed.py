"""Tables of stored measurements of speed, from what the commands ``speed`` and ``startup`` print as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gmbench.reports.pages.markdown import markdown_table


def environments_table(report: Mapping[str, Any]) -> str:
    """Returns the steps per second of environments under random actions, one line for each task.

    Args:
        report: what ``gmbench speed --json`` printed.
    """
    header = ("task", "environments", "million steps per second", "quartiles", "held by one environment")
    rows = [
        (f"`{row['task']}`", f"{row['environments']:,}", *_rate(row, 1e6, 2), f"{_held(row):,} B")
        for row in report["rows"]
        if row["seeds"] is None
    ]
    return _with_machine(report, markdown_table(header, rows))


def training_table(report: Mapping[str, Any]) -> str:
    """Returns the steps per second of training, one line for each number of seeds.

    Args:
        report: what ``gmbench speed --json`` printed.
    """
    header = (
        "seeds x environments of each",
        "thousand steps per second",
        "quartiles",
        "matrix products, fraction of the ceiling",
        "held by one seed",
    )
    rows = [
        (_seeds(row), *_rate(row, 1e3, 0), f"{row['reached']['products']:.2f}", f"{_held(row) / 1e6:.2f} MB")
        for row in report["rows"]
        if row["seeds"] is not None
    ]
    return _with_machine(report, markdown_table(header, rows))


def startup_rows(report: Mapping[str, Any]) -> str:
    """Returns how long commands take to start, one line for each.

    Args:
        report: what ``python -m gmbench.cli.startup --json`` printed.
    """
    header = ("", "median, s", "quartiles", "limit")
    rows = [
        (
            f"`{row['command']}`",
            f"{row['median']:.3f}",
            f"{row['low']:.3f} to {row['high']:.3f}",
            "" if row["limit"] is None else f"{row['limit']:g}",
        )
        for row in report["rows"]
    ]
    return f"{markdown_table(header, rows)}\n\nMeasured on {machine_text(report)}."


def _with_machine(report: Mapping[str, Any], table: str) -> str:
    """Adds below a table what the machine can do, without which speeds cannot be compared."""
    products, memory = (report["ceilings"][name]["used"] / 1e9 for name in ("arithmetic", "bandwidth"))
    ceilings = f"matrix products reached {products:.0f} GFLOP/s and memory {memory:.0f} GB/s"
    return f"{table}\n\nMeasured on {machine_text(report)}, where {ceilings}."


def machine_text(report: Mapping[str, Any]) -> str:
    """Describes the machine that a report was measured on.

    Args:
        report: what a command printed with ``--json``; ``machine`` is read.
    """
    machine = report["machine"]
    versions = machine["versions"]
    kind = "CPU cores" if machine["platform"] == "cpu" else f"{machine['device']}, CPU cores"
    return f"{machine['cpus']} {kind} (Python {versions['python']}, jax {versions['jax']})"


def _rate(row: Mapping[str, Any], unit: float, digits: int) -> Sequence[str]:
    """The median and the quartiles of a row's steps per second."""
    rate = row["steps_per_second"]
    low, median, high = (f"{rate[name] / unit:,.{digits}f}" for name in ("low", "median", "high"))
    return median, f"{low} to {high}"


def _held(row: Mapping[str, Any]) -> int:
    return int(sum(row["holds"].values()))


def _seeds(row: Mapping[str, Any]) -> str:
    return f"{row['seeds']} x {row['environments']:,}" + (f", {row['budget']}" if row["budget"] else "")
