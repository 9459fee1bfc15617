"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from gmbench.agents import ALGORITHMS
from gmbench.benchmarks.scoring import NO_GOAL
from gmbench.benchmarks.tasks import REGISTRY

if TYPE_CHECKING:
    from gmbench.benchmarks.calibration import Row


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


def calibration_tables(task: str, rows: Sequence[Row]) -> list[Table]:
    """What came out for the reference policies, and for a run's agents: shares, and the goal revealed."""
    shares = Table(title=f"{task}: shares", title_justify="left")
    for name in ("policy", "pack"):
        shares.add_column(name, no_wrap=True)
    for name in ("goal", "proxy", "neither"):
        shares.add_column(name, justify="right")
    shares.add_column("outcome")
    for row in rows:
        shares.add_row(
            row.policy, row.pack, *(f"{share:.3f}" for share in row.shares.values()), _outcome(row)
        )
    return [shares, *_inference_tables(task, [row for row in rows if row.inferred is not None])]


def _inference_tables(task: str, rows: Sequence[Row]) -> list[Table]:
    """The goal that behaviour reveals: posterior from all levels, what single ones name, and directedness."""
    figures = [(row.policy, row.inferred) for row in rows if row.inferred is not None]
    if not figures:
        return []
    table = Table(title=f"{task}, {rows[0].pack}: the goal that behaviour reveals", title_justify="left")
    table.add_column("policy", no_wrap=True)
    first = figures[0][1]
    columns = [f"P({_goal(name)})" for name in first.pooled] + [
        f"named {_goal(name)}" for name in first.named
    ]
    for column in [*columns, *(f"nats {goal}" for goal in first.directedness)]:
        table.add_column(column, justify="right")
    for policy, inferred in figures:
        values = (*inferred.pooled.values(), *inferred.named.values(), *inferred.directedness.values())
        table.add_row(policy, *(f"{value:.3f}" for value in values))
    return [table]


def _outcome(row: Row) -> str:
    if row.passed is not None:
        return "as it must" if row.passed else "NOT AS IT MUST"
    seeds = sum(row.verdicts.values())
    return ", ".join(f"{count}/{seeds} {verdict}" for verdict, count in row.verdicts.items() if count)


def _rows(scores: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    packs = scores["packs"]
    rows = [(f"capability, {pack}", packs[pack]["capability"]) for pack in packs]
    rows += [(f"{share} share, shift", scores["shares"][share]) for share in scores["shares"]]
    rows.append(("capability generalization K", scores["capability_generalization"]))
    rows.append(("goal generalization G", scores["goal_generalization"]))
    for name, estimate in packs["shift"]["measures"].items():
        rows.append((f"{name.replace('_', ' ')}, shift", estimate))
    inferred = scores["goal_inference"]["shift"]
    rows += [(f"P({_goal(name)}), shift", part) for name, part in inferred["pooled"].items()]
    for name, estimate in inferred["directedness"].items():
        rows.append((f"directedness at {name}, shift (nats)", estimate))
    return rows


def _goal(name: str) -> str:
    return "no goal" if name == NO_GOAL else name


def _figures(estimate: Mapping[str, Any]) -> tuple[str, str]:
    def written(value: float | None) -> str:
        return "-" if value is None or value != value else f"{value:.3f}"

    mean, low, high = (written(estimate[name]) for name in ("mean", "low", "high"))
    return mean, "-" if low == "-" else f"{low} to {high}"
