"""The tables of scores: those of a run, of a suite and of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gmbench.benchmarks.scoring import DIVERGED, INCAPABLE, MISGENERALIZED, SHARES, SHIFT_ONLY
from gmbench.reports.tables.goals import goal_label
from gmbench.runs.scores.suite import title_parts

SUITE_NOTE = """\
C: capability, iid; K, G: capability and goal generalization, undefined for seeds below the floor
IQM: interquartile mean of all tasks' seeds, with its 95 % interval"""
"""Explains the columns and rows of the table of a suite."""
SWEEP_NOTE = """\
C: capability, iid; K, G: capability and goal generalization, undefined for seeds below the floor
means over seeds"""
"""Explains the columns of the table of a sweep."""


INFERENCE_NOTE = "directedness in nats per step"
"""Explains the rows of goal inference in the table of a run."""
RARE = (SHIFT_ONLY, DIVERGED)
"""Verdicts that the table of a run shows only if a seed has them."""
SHORT = {MISGENERALIZED: "misgen.", INCAPABLE: "failure"}
"""Short names of verdicts for narrow columns."""


def score_table(scores: Mapping[str, Any]) -> Table:
    """Returns the table of the scores of a run: verdicts, then means over seeds, with 95 % intervals.

    The last column has the number of seeds behind each line: those for which the figure is defined.
    """
    title = (
        f"{scores['task']}, {scores['algorithm']}, {scores['seeds']} seeds, {scores['steps']:,} steps each"
    )
    if scores["alpha"]:
        title += f", alpha {scores['alpha']:g}"
    notes = [f"competence floor of the task: capability {scores['floor']:g}"]
    notes += [INFERENCE_NOTE] if scores["goal_inference"] else []
    table = Table(title=title, title_justify="left", caption="\n".join(notes), caption_justify="left")
    table.add_column("")
    for column in ("mean", "95 % interval", "seeds"):
        table.add_column(column, justify="right")
    for verdict, rate in scores["verdict_rates"].items():
        count = scores["verdicts"][verdict]
        if count or verdict not in RARE:
            table.add_row(f"verdict: {verdict}", *_mean_and_interval(rate), f"{count} of {rate['count']}")
    table.add_section()
    for label, estimate in labelled_estimates(scores):
        table.add_row(label, *_mean_and_interval(estimate), str(estimate["count"]))
    return table


def suite_table(scores: Mapping[str, Any]) -> Table:
    """Returns the table of a suite: the main scores of each task, and those over all tasks and seeds."""
    table = Table(
        title=", ".join(title_parts(scores)),
        title_justify="left",
        caption=SUITE_NOTE,
        caption_justify="left",
    )
    table.add_column("task")
    table.add_column("seeds")
    for column in ("C", "K", "G", *SHARES):
        table.add_column(column, justify="right")
    for task, row in scores["tasks"].items():
        table.add_row(task, verdict_counts(row), *_main_scores(row, "mean"))
    table.add_section()
    table.add_row("mean", verdict_counts(scores), *_main_scores(scores["mean"], "mean"))
    for label, end in (("IQM", "mean"), ("  from", "low"), ("  to", "high")):
        table.add_row(label, "", *_main_scores(scores["interquartile_mean"], end))
    return table


def sweep_scores_table(scores: Mapping[str, Any]) -> Table:
    """Returns the table of a sweep: the main scores of each condition."""
    conditions = scores["conditions"]
    first = next(iter(conditions.values()))
    table = Table(
        title=f"{scores['task']}, {first['algorithm']}, {first['steps']:,} steps for each seed",
        title_justify="left",
        caption=SWEEP_NOTE,
        caption_justify="left",
    )
    for column in ("alpha", "levels"):
        table.add_column(column, justify="right")
    table.add_column("seeds")
    for column in ("C", "K", "G", *SHARES):
        table.add_column(column, justify="right")
    for row in conditions.values():
        swept = f"{row['alpha']:g}", f"{row['levels']:,}"
        table.add_row(*swept, verdict_counts(row), *_main_scores(row, "mean"))
    return table


def headline(scores: Mapping[str, Any]) -> str:
    """Returns one line with the main scores and the verdicts of a task of a suite."""
    shares = ", ".join(f"{name} {_number(scores['shares'][name]['mean'])}" for name in SHARES)
    k, g = (_number(scores[f"{name}_generalization"]["mean"]) for name in ("capability", "goal"))
    seeds = ", ".join(
        f"{count} of {scores['seeds']} {verdict}" for verdict, count in scores["verdicts"].items() if count
    )
    return f"{scores['task']}: K {k}, G {g}; {shares}; {seeds}"


def labelled_estimates(scores: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Returns the label and the estimate of each row of the table of a run."""
    packs = scores["packs"]
    rows = [(f"capability, {pack}", packs[pack]["capability"]) for pack in packs]
    rows += [(f"{share} share, shift", scores["shares"][share]) for share in scores["shares"]]
    rows.append(("capability generalization K", scores["capability_generalization"]))
    rows.append(("goal generalization G", scores["goal_generalization"]))
    for name, estimate in packs["shift"]["measures"].items():
        rows.append((f"{name.replace('_', ' ')}, shift", estimate))
    rows.append(("unexplained by the shares, shift", scores["unexplained"]))
    inferred = scores["goal_inference"].get("shift", {"explained": {}, "directedness": {}})
    rows += [
        (f"levels explained by {goal_label(name)}, shift", part)
        for name, part in inferred["explained"].items()
    ]
    for name, estimate in inferred["directedness"].items():
        rows.append((f"directedness at {name}, shift (nats)", estimate))
    return rows


def _main_scores(row: Mapping[str, Any], end: str) -> list[str]:
    """Returns C, K, G and the shares as text.

    Args:
        row: the scores of a task or of a condition.
        end: which number of each estimate to write: ``mean``, ``low`` or ``high``.
    """
    names = ("capability", "capability_generalization", "goal_generalization")
    estimates = [*(row[name] for name in names), *(row["shares"][name] for name in SHARES)]
    return [_number(estimate[end]) for estimate in estimates]


def verdict_counts(row: Mapping[str, Any]) -> str:
    """Returns how many seeds got each verdict that occurs."""
    return ", ".join(
        f"{count} {SHORT.get(verdict, verdict)}" for verdict, count in row["verdicts"].items() if count
    )


def _number(value: float | None) -> str:
    """Returns a number with three decimals, or a dash for None and NaN."""
    return "-" if value is None or value != value else f"{value:.3f}"


def _mean_and_interval(estimate: Mapping[str, Any]) -> tuple[str, str]:
    mean, low, high = (_number(estimate[name]) for name in ("mean", "low", "high"))
    return mean, "-" if low == "-" else f"{low} to {high}"
