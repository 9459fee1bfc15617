"""The tables of scores: those of a run, of a suite and of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from gmbench.benchmarks.scoring import DIVERGED, INCAPABLE, MISGENERALIZED, SHARES, SHIFT_ONLY
from gmbench.benchmarks.statistics import wilson_rate
from gmbench.reports.tables.goals import goal_label
from gmbench.runs.scores.suite import title_parts

COLUMNS_NOTE = """\
verdicts: seeds with each among all seeds, and the 95 % interval of the rate
C: capability, iid; K, G: capability and goal generalization, undefined for seeds below the floor
in brackets: number of seeds behind a mean; seeds that diverged have verdicts only"""
SUITE_NOTE = f"{COLUMNS_NOTE}\nIQM: interquartile mean of all tasks' seeds, with its 95 % interval"
"""Explains the columns and rows of the table of a suite."""
SWEEP_NOTE = f"{COLUMNS_NOTE}\nmeans over seeds"
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
    """Returns the table of a suite: verdicts and main scores of each task, and of all tasks and seeds."""
    table = _main_table(", ".join(title_parts(scores)), SUITE_NOTE, ("task",))
    for task, row in scores["tasks"].items():
        table.add_row(task, verdict_counts(row, "\n"), *_means_and_counts(row))
    table.add_section()
    table.add_row("mean", verdict_counts(scores, "\n"), *_means_and_counts(scores["mean"]))
    table.add_row("IQM", "", *_means_and_counts(scores["interquartile_mean"]))
    for label, end in (("  from", "low"), ("  to", "high")):
        table.add_row(label, "", *_main_scores(scores["interquartile_mean"], end))
    return table


def sweep_scores_table(scores: Mapping[str, Any]) -> Table:
    """Returns the table of a sweep: verdicts and main scores of each condition."""
    conditions = scores["conditions"]
    first = next(iter(conditions.values()))
    title = f"{scores['task']}, {first['algorithm']}, {first['steps']:,} steps for each seed"
    table = _main_table(title, SWEEP_NOTE, ("alpha", "levels"))
    for row in conditions.values():
        swept = f"{row['alpha']:g}", f"{row['levels']:,}"
        table.add_row(*swept, verdict_counts(row, "\n"), *_means_and_counts(row))
    return table


def _main_table(title: str, note: str, names: Sequence[str]) -> Table:
    """Returns a table without rows: what names a row, then its verdicts, then C, K, G and the shares."""
    table = Table(title=title, title_justify="left", caption=note, caption_justify="left", pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name == "task" else "right", no_wrap=True)
    table.add_column("verdicts")
    for column in ("C", "K", "G", *SHARES):
        table.add_column(column, justify="right", no_wrap=True)
    return table


def headline(scores: Mapping[str, Any]) -> str:
    """Returns one line with the verdicts and the main scores of a task of a suite."""
    seeds = ", ".join(
        f"{count} of {scores['seeds']} {verdict}" for verdict, count in scores["verdicts"].items() if count
    )
    k, g = (_counted(scores[f"{name}_generalization"], " ") for name in ("capability", "goal"))
    shares = ", ".join(f"{name} {_counted(scores['shares'][name], ' ')}" for name in SHARES)
    return f"{scores['task']}: {seeds}; K {k}, G {g}; {shares}"


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


def _main_estimates(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the estimates of C, K, G and the shares of a task or of a condition."""
    names = ("capability", "capability_generalization", "goal_generalization")
    return [*(row[name] for name in names), *(row["shares"][name] for name in SHARES)]


def _main_scores(row: Mapping[str, Any], end: str) -> list[str]:
    """Returns one number of each main estimate as text: ``mean``, ``low`` or ``high``."""
    return [_number(estimate[end]) for estimate in _main_estimates(row)]


def _means_and_counts(row: Mapping[str, Any]) -> list[str]:
    """Returns the mean of each main estimate, and below it the number of seeds behind it."""
    return [_counted(estimate, "\n") for estimate in _main_estimates(row)]


def _counted(estimate: Mapping[str, Any], between: str) -> str:
    return f"{_number(estimate['mean'])}{between}({estimate['count']})"


def verdict_counts(row: Mapping[str, Any], between: str = " ") -> str:
    """Returns how many of all seeds got each verdict that occurs, and Wilson's interval of its rate.

    Args:
        row: the scores of a run, a suite, a task of it or a condition of a sweep; only ``verdicts`` is read.
        between: what stands between a count and its interval: a space, or a line break for narrow columns.
    """
    seeds = sum(row["verdicts"].values())
    rates = {verdict: wilson_rate(count, seeds) for verdict, count in row["verdicts"].items() if count}
    parts = [
        f"{row['verdicts'][verdict]}/{seeds} {SHORT.get(verdict, verdict)}{between}"
        f"({rate.low:.2f} to {rate.high:.2f})"
        for verdict, rate in rates.items()
    ]
    return ("\n" if between == "\n" else ", ").join(parts)


def _number(value: float | None) -> str:
    """Returns a number with three decimals, or a dash for None and NaN."""
    return "-" if value is None or value != value else f"{value:.3f}"


def _mean_and_interval(estimate: Mapping[str, Any]) -> tuple[str, str]:
    mean, low, high = (_number(estimate[name]) for name in ("mean", "low", "high"))
    return mean, "-" if low == "-" else f"{low} to {high}"
