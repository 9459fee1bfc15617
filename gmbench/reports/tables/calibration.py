"""What ``gmbench calibrate`` prints: the shares and the inferred goals of reference policies and agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from rich.table import Table

from gmbench.benchmarks.calibration import Row
from gmbench.reports.tables.goals import goal_label


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
    """Returns the table of one shifted pack, with the known limits of the score below it."""
    limits = {row.policy: row.limit for row in rows if row.passed is False and row.limit is not None}
    table = Table(title=f"{title}: scores", title_justify="left", caption_justify="left")
    table.caption = "\n".join(f"{policy}: {limit}" for policy, limit in limits.items()) or None
    table.add_column("policy", no_wrap=True)
    for name in ("C", "goal", "proxy", "neither", "rest", "K", "G"):
        table.add_column(name, justify="right")
    table.add_column("outcome")
    for row in rows:
        ratios = (row.capability_generalization, row.goal_generalization)
        numbers = (row.capability, *row.shares.values(), row.unexplained, *ratios)
        table.add_row(
            row.policy, *("" if isnan(value) else f"{value:.2f}" for value in numbers), _outcome(row)
        )
    return table


def _number_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> Table:
    """Returns a table with a row per policy and a column per number."""
    table = Table(title=title, title_justify="left")
    table.add_column("policy", no_wrap=True)
    for column in next(iter(rows.values())):
        table.add_column(column, justify="right")
    for policy, numbers in rows.items():
        table.add_row(policy, *(f"{value:.3f}" for value in numbers.values()))
    return table


def _outcome(row: Row) -> str:
    """Returns the verdict on a probe and whether it is as expected, or how many seeds got each verdict."""
    if row.verdicts:
        seeds = sum(row.verdicts.values())
        return "\n".join(f"{count}/{seeds} {verdict}" for verdict, count in row.verdicts.items() if count)
    judged = {True: "pass", False: "FAIL" if row.limit is None else "known limit", None: "-"}
    return f"{judged[row.passed]}: {row.verdict}"
