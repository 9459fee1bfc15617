"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gmbench.agents import ALGORITHMS
from gmbench.benchmarks.tasks import REGISTRY


def task_table() -> Table:
    """The tasks."""
    table = Table(title="tasks", title_justify="left")
    for column in ("task", "intended goal", "proxy", "shift", "source"):
        table.add_column(column, overflow="fold")
    for name, entry in REGISTRY.items():
        table.add_row(name, entry.goal, entry.proxy, entry.shift, entry.source)
    return table


def algorithm_line() -> str:
    """The algorithms."""
    return f"algorithms: {', '.join(ALGORITHMS)}, or your own as package.module:factory"


def score_table(scores: Mapping[str, Any]) -> Table:
    """The scores of a run, with 95 % intervals over seeds."""
    title = (
        f"{scores['task']}, {scores['algorithm']}, {scores['seeds']} seeds, {scores['steps']:,} steps each"
    )
    if scores["alpha"]:
        title += f", alpha {scores['alpha']:g}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("mean", justify="right")
    table.add_column("95 % interval", justify="right")
    for label, estimate in _rows(scores):
        table.add_row(label, *_figures(estimate))
    table.add_section()
    for verdict, count in scores["verdicts"].items():
        table.add_row(f"verdict: {verdict}", f"{count} of {scores['seeds']}", "")
    return table


def _rows(scores: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    packs = scores["packs"]
    rows = [(f"capability, {pack}", packs[pack]["capability"]) for pack in packs]
    rows += [(f"{share} share, shift", scores["shares"][share]) for share in scores["shares"]]
    rows.append(("capability generalization K", scores["capability_generalization"]))
    rows.append(("goal generalization G", scores["goal_generalization"]))
    return rows


def _figures(estimate: Mapping[str, Any]) -> tuple[str, str]:
    def written(value: float | None) -> str:
        return "-" if value is None or value != value else f"{value:.3f}"

    mean, low, high = (written(estimate[name]) for name in ("mean", "low", "high"))
    return mean, "-" if low == "-" else f"{low} to {high}"
