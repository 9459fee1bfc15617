"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from gmbench.agents import ALGORITHMS
from gmbench.benchmarks.scoring import NO_GOAL, SHARES, VERDICTS
from gmbench.benchmarks.suites import SUITES
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


def suites_table() -> Table:
    """The suites."""
    table = Table(title="suites", title_justify="left")
    for column in ("suite", "what it is for", "tasks"):
        table.add_column(column, overflow="fold")
    for name, suite in SUITES.items():
        table.add_row(name, suite.description, ", ".join(suite.tasks))
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
    if scores["diverged"]:
        table.add_row("diverged, in nothing above", f"{len(scores['diverged'])} more", "")
    return table


def suite_table(scores: Mapping[str, Any]) -> Table:
    """The headline of each task of a suite, and over all tasks and seeds, with 95 % intervals."""
    from gmbench.runs.scores.suite import what_was_run  # It imports scipy, for which `list` must not wait.

    table = Table(
        title=", ".join(what_was_run(scores)),
        title_justify="left",
        caption=f"{SUITE_NOTE}\nseeds: {', '.join(VERDICTS)}",
        caption_justify="left",
    )
    table.add_column("task")
    for column in ("C", "K", "G", *SHARES, "seeds"):
        table.add_column(column, justify="right")
    for task, row in scores["tasks"].items():
        table.add_row(task, *_headline(row, "mean"), _counts(row))
    table.add_section()
    table.add_row("mean", *_headline(scores["mean"], "mean"), _counts(scores))
    for label, end in (("IQM", "mean"), ("  from", "low"), ("  to", "high")):
        table.add_row(label, *_headline(scores["interquartile_mean"], end))
    return table


SUITE_NOTE = """\
C: capability, iid; K, G: capability and goal generalization
IQM: interquartile mean of all tasks' seeds, with its 95 % interval"""
"""What the columns and rows of a suite's table are."""


def sweep_scores_table(scores: Mapping[str, Any]) -> Table:
    """The headline of each condition of a sweep."""
    conditions = scores["conditions"]
    first = next(iter(conditions.values()))
    table = Table(
        title=f"{scores['task']}, {first['algorithm']}, {first['steps']:,} steps for each seed",
        title_justify="left",
        caption=f"{SWEEP_NOTE}\nseeds: {', '.join(VERDICTS)}",
        caption_justify="left",
    )
    for column in ("alpha", "levels", "C", "K", "G", *SHARES, "seeds"):
        table.add_column(column, justify="right")
    for row in conditions.values():
        dials = f"{row['alpha']:g}", f"{row['levels']:,}"
        table.add_row(*dials, *_headline(row, "mean"), _counts(row))
    return table


SWEEP_NOTE = "C: capability, iid; K, G: capability and goal generalization; means over seeds"
"""What the columns of a sweep's table are."""


def headline(scores: Mapping[str, Any]) -> str:
    """A line that says how a task of a suite came out."""
    shares = ", ".join(f"{name} {_written(scores['shares'][name]['mean'])}" for name in SHARES)
    kept, aimed = (_written(scores[f"{name}_generalization"]["mean"]) for name in ("capability", "goal"))
    seeds = ", ".join(
        f"{count} of {scores['seeds']} {verdict}" for verdict, count in scores["verdicts"].items() if count
    )
    return f"{scores['task']}: K {kept}, G {aimed}; {shares}; {seeds}"


def calibration_tables(task: str, rows: Sequence[Row]) -> list[Table]:
    """What came out for the reference policies, and for a run's agents: shares, and the goal revealed."""
    packs = dict.fromkeys(row.pack for row in rows)
    tables = [_shares_table(f"{task}, {pack}", [row for row in rows if row.pack == pack]) for pack in packs]
    inferred = {row.policy: row.inferred for row in rows if row.inferred is not None}
    if inferred:
        title = f"{task}: the goal that behaviour reveals"
        pooled = {
            policy: {
                **{f"P({_goal(name)})": value for name, value in found.pooled.items()},
                **{f"nats {goal}": value for goal, value in found.directedness.items()},
            }
            for policy, found in inferred.items()
        }
        named = {
            policy: {_goal(name): value for name, value in found.named.items()}
            for policy, found in inferred.items()
        }
        tables.append(_figures_table(f"{title}, from all levels; directedness per step", pooled))
        tables.append(_figures_table(f"{title}, from single levels: how often it is which", named))
    return tables


def _shares_table(title: str, rows: Sequence[Row]) -> Table:
    table = Table(title=f"{title}: shares", title_justify="left")
    table.add_column("policy", no_wrap=True)
    for name in ("goal", "proxy", "neither"):
        table.add_column(name, justify="right")
    table.add_column("outcome")
    for row in rows:
        table.add_row(row.policy, *(f"{share:.3f}" for share in row.shares.values()), _outcome(row))
    return table


def _figures_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> Table:
    """A row of figures for each policy."""
    table = Table(title=title, title_justify="left")
    table.add_column("policy", no_wrap=True)
    for column in next(iter(rows.values())):
        table.add_column(column, justify="right")
    for policy, figures in rows.items():
        table.add_row(policy, *(f"{value:.3f}" for value in figures.values()))
    return table


def _outcome(row: Row) -> str:
    if row.passed is not None:
        return "as it must" if row.passed else "NOT AS IT MUST"
    seeds = sum(row.verdicts.values())
    return "\n".join(f"{count}/{seeds} {verdict}" for verdict, count in row.verdicts.items() if count)


def _rows(scores: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    packs = scores["packs"]
    rows = [(f"capability, {pack}", packs[pack]["capability"]) for pack in packs]
    rows += [(f"{share} share, shift", scores["shares"][share]) for share in scores["shares"]]
    rows.append(("capability generalization K", scores["capability_generalization"]))
    rows.append(("goal generalization G", scores["goal_generalization"]))
    for name, estimate in packs["shift"]["measures"].items():
        rows.append((f"{name.replace('_', ' ')}, shift", estimate))
    inferred = scores["goal_inference"].get("shift", {"pooled": {}, "directedness": {}})
    rows += [(f"P({_goal(name)}), shift", part) for name, part in inferred["pooled"].items()]
    for name, estimate in inferred["directedness"].items():
        rows.append((f"directedness at {name}, shift (nats)", estimate))
    return rows


def _goal(name: str) -> str:
    return "no goal" if name == NO_GOAL else name


def _headline(row: Mapping[str, Any], end: str) -> list[str]:
    """One end of each estimate, or their means."""
    figures = ("capability", "capability_generalization", "goal_generalization")
    estimates = [*(row[name] for name in figures), *(row["shares"][name] for name in SHARES)]
    return [_written(estimate[end]) for estimate in estimates]


def _counts(row: Mapping[str, Any]) -> str:
    return "/".join(str(row["verdicts"][verdict]) for verdict in VERDICTS)


def _written(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"


def _figures(estimate: Mapping[str, Any]) -> tuple[str, str]:
    mean, low, high = (_written(estimate[name]) for name in ("mean", "low", "high"))
    return mean, "-" if low == "-" else f"{low} to {high}"
