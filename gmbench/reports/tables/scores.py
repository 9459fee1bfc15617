"""The tables of scores: those of a run, of a suite and of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gmbench.benchmarks.scoring import SHARES, VERDICTS
from gmbench.reports.tables.goals import goal_label
from gmbench.runs.scores.suite import count_seeds, title_parts

SUITE_NOTE = """\
C: capability, iid; K, G: capability and goal generalization
IQM: interquartile mean of all tasks' seeds, with its 95 % interval"""
"""Explains the columns and rows of the table of a suite."""
SWEEP_NOTE = "C: capability, iid; K, G: capability and goal generalization; means over seeds"
"""Explains the columns of the table of a sweep."""


INFERENCE_NOTE = "P: posterior, from all levels of a seed; directedness in nats per step"
"""Explains the rows of goal inference in the table of a run."""


def score_table(scores: Mapping[str, Any]) -> Table:
    """Returns the table of the scores of a run: means over seeds with 95 % intervals."""
    seeds = count_seeds(scores)
    title = f"{scores['task']}, {scores['algorithm']}, {seeds} seeds, {scores['steps']:,} steps each"
    if scores["alpha"]:
        title += f", alpha {scores['alpha']:g}"
    note = INFERENCE_NOTE if scores["goal_inference"] else None
    table = Table(title=title, title_justify="left", caption=note, caption_justify="left")
    table.add_column("")
    table.add_column("mean", justify="right")
    table.add_column("95 % interval", justify="right")
    for label, estimate in _estimates(scores):
        table.add_row(label, *_mean_and_interval(estimate))
    table.add_section()
    for verdict, count in scores["verdicts"].items():
        table.add_row(f"verdict: {verdict}", f"{count} of {seeds}", "")
    if scores["diverged"]:
        table.add_row("diverged, in no mean", f"{len(scores['diverged'])} of {seeds}", "")
    return table


def suite_table(scores: Mapping[str, Any]) -> Table:
    """Returns the table of a suite: the main scores of each task, and those over all tasks and seeds."""
    table = Table(
        title=", ".join(title_parts(scores)),
        title_justify="left",
        caption=f"{SUITE_NOTE}\n{_seeds_note(scores['tasks'])}",
        caption_justify="left",
    )
    table.add_column("task")
    for column in ("C", "K", "G", *SHARES, "seeds"):
        table.add_column(column, justify="right")
    with_diverged = _any_diverged(scores["tasks"])
    for task, row in scores["tasks"].items():
        table.add_row(task, *_main_scores(row, "mean"), _verdict_counts(row, with_diverged))
    table.add_section()
    every = {
        "verdicts": scores["verdicts"],
        "diverged": [seed for row in scores["tasks"].values() for seed in row["diverged"]],
    }
    table.add_row("mean", *_main_scores(scores["mean"], "mean"), _verdict_counts(every, with_diverged))
    for label, end in (("IQM", "mean"), ("  from", "low"), ("  to", "high")):
        table.add_row(label, *_main_scores(scores["interquartile_mean"], end))
    return table


def sweep_scores_table(scores: Mapping[str, Any]) -> Table:
    """Returns the table of a sweep: the main scores of each condition."""
    conditions = scores["conditions"]
    first = next(iter(conditions.values()))
    table = Table(
        title=f"{scores['task']}, {first['algorithm']}, {first['steps']:,} steps for each seed",
        title_justify="left",
        caption=f"{SWEEP_NOTE}\n{_seeds_note(conditions)}",
        caption_justify="left",
    )
    for column in ("alpha", "levels", "C", "K", "G", *SHARES, "seeds"):
        table.add_column(column, justify="right")
    with_diverged = _any_diverged(conditions)
    for row in conditions.values():
        swept = f"{row['alpha']:g}", f"{row['levels']:,}"
        table.add_row(*swept, *_main_scores(row, "mean"), _verdict_counts(row, with_diverged))
    return table


def headline(scores: Mapping[str, Any]) -> str:
    """Returns one line with the main scores and the verdicts of a task of a suite."""
    shares = ", ".join(f"{name} {_number(scores['shares'][name]['mean'])}" for name in SHARES)
    k, g = (_number(scores[f"{name}_generalization"]["mean"]) for name in ("capability", "goal"))
    counts = {**scores["verdicts"], "diverged": len(scores["diverged"])}
    seeds = ", ".join(f"{count} of {count_seeds(scores)} {name}" for name, count in counts.items() if count)
    return f"{scores['task']}: K {k}, G {g}; {shares}; {seeds}"


def _estimates(scores: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Returns the label and the estimate of each row of the table of a run."""
    packs = scores["packs"]
    rows = [(f"capability, {pack}", packs[pack]["capability"]) for pack in packs]
    rows += [(f"{share} share, shift", scores["shares"][share]) for share in scores["shares"]]
    rows.append(("capability generalization K", scores["capability_generalization"]))
    rows.append(("goal generalization G", scores["goal_generalization"]))
    for name, estimate in packs["shift"]["measures"].items():
        rows.append((f"{name.replace('_', ' ')}, shift", estimate))
    inferred = scores["goal_inference"].get("shift", {"pooled": {}, "directedness": {}})
    rows += [(f"P({goal_label(name)}), shift", part) for name, part in inferred["pooled"].items()]
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


def _verdict_counts(row: Mapping[str, Any], with_diverged: bool) -> str:
    """Returns how many seeds got each verdict and, if asked for, how many diverged, separated by slashes."""
    counts = [row["verdicts"][verdict] for verdict in VERDICTS]
    return "/".join(map(str, [*counts, len(row["diverged"])] if with_diverged else counts))


def _any_diverged(rows: Mapping[str, Mapping[str, Any]]) -> bool:
    """Returns whether a seed of any task or condition diverged; only then tables count such seeds."""
    return any(row["diverged"] for row in rows.values())


def _seeds_note(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Explains the column of the seeds in the table of a suite or a sweep."""
    return f"seeds: {', '.join((*VERDICTS, 'diverged') if _any_diverged(rows) else VERDICTS)}"


def _number(value: float | None) -> str:
    """Returns a number with three decimals, or a dash for None and NaN."""
    return "-" if value is None or value != value else f"{value:.3f}"


def _mean_and_interval(estimate: Mapping[str, Any]) -> tuple[str, str]:
    mean, low, high = (_number(estimate[name]) for name in ("mean", "low", "high"))
    return mean, "-" if low == "-" else f"{low} to {high}"
