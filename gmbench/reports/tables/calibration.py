"""What ``gmbench calibrate`` prints: the shares and the inferred goals of reference policies and agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from rich.table import Table

from gmbench.benchmarks.calibration import Row
from gmbench.reports.tables.goals import goal_label
from gmbench.reports.tables.scores import SHORT, verdict_counts

LEGEND = (
    "C: capability without the shift; A, M, F: shares of goal, proxy and neither; rest: what the shares "
    "leave unexplained; K, G: capability and goal generalization, where defined. FAIL: not as expected; "
    "*: not as expected, for a reason that is known"
)
"""The caption of the table of shares."""


def calibration_tables(task: str, rows: Sequence[Row]) -> list[Table]:
    """Returns a table of shares for each pack and, where goals were inferred, one of inferred goals.

    Args:
        task: id of the task.
        rows: the results of the reference policies and of the agents of a run.
    """
    packs = dict.fromkeys(row.pack for row in rows)
    tables = [_shares_table(f"{task}, {pack}", [row for row in rows if row.pack == pack]) for pack in packs]
    inferred = {row.policy: row.inferred for row in rows if row.inferred is not None}
    if inferred:
        title = f"{task}: the goal that behaviour reveals"
        numbers = {
            policy: {
                **{goal_label(name): value for name, value in found.explained.items()},
                **{f"nats {goal}": value for goal, value in found.directedness.items()},
            }
            for policy, found in inferred.items()
        }
        tables.append(_number_table(f"{title}: fraction of levels explained, and nats per step", numbers))
    return tables


def _shares_table(title: str, rows: Sequence[Row]) -> Table:
    """Returns the table of one shifted pack, which fits into 80 characters, and below it the known limits."""
    limits = {row.policy: row.limit for row in rows if row.passed is False and row.limit is not None}
    table = _narrow_table(f"{title}: scores")
    table.caption = "\n".join((LEGEND, *(f"* {policy}: {limit}" for policy, limit in limits.items())))
    table.add_column("policy", no_wrap=True)
    for name in ("C", "A", "M", "F", "rest", "K", "G"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for row in rows:
        ratios = (row.capability_generalization, row.goal_generalization)
        numbers = (row.capability, *row.shares.values(), row.unexplained, *ratios)
        table.add_row(row.policy, *map(_two_digits, numbers), _outcome(row))
    return table


def _two_digits(value: float) -> str:
    """Returns a number with two decimals and without the zero before the point; nothing for NaN."""
    if isnan(value):
        return ""
    text = f"{value:.2f}".replace("-0.00", "0.00")
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _narrow_table(title: str) -> Table:
    """Returns an empty table without lines, so that many columns fit into 80 characters."""
    return Table(
        title=title,
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def _number_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> Table:
    """Returns a table with a row per policy and a column per number."""
    table = _narrow_table(title)
    table.add_column("policy", no_wrap=True)
    for column in next(iter(rows.values())):
        table.add_column(column, justify="right")
    for policy, numbers in rows.items():
        table.add_row(policy, *(f"{value:.3f}" for value in numbers.values()))
    return table


def _outcome(row: Row) -> str:
    """Returns the verdict on a probe and whether it is as expected, or how many seeds got each verdict."""
    if row.verdicts:
        return verdict_counts({"verdicts": row.verdicts}, "\n")
    verdict = SHORT.get(row.verdict, row.verdict)
    if row.passed is False:
        return f"{verdict} {'FAIL' if row.limit is None else '*'}"
    return verdict
