"""What ``gmbench calibrate`` prints: the shares and the inferred goals of reference policies and agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from gmbench.benchmarks.calibration import Row
from gmbench.reports.tables.goals import goal_label


def calibration_tables(task: str, rows: Sequence[Row]) -> list[Table]:
    """Returns a table of shares for each pack and, where goals were inferred, two tables of inferred goals.

    Args:
        task: id of the task.
        rows: the results of the reference policies and of the agents of a run.
    """
    packs = dict.fromkeys(row.pack for row in rows)
    tables = [_shares_table(f"{task}, {pack}", [row for row in rows if row.pack == pack]) for pack in packs]
    inferred = {row.policy: row.inferred for row in rows if row.inferred is not None}
    if inferred:
        title = f"{task}: the goal that behaviour reveals"
        pooled = {
            policy: {
                **{f"P({goal_label(name)})": value for name, value in found.pooled.items()},
                **{f"nats {goal}": value for goal, value in found.directedness.items()},
            }
            for policy, found in inferred.items()
        }
        named = {
            policy: {goal_label(name): value for name, value in found.named.items()}
            for policy, found in inferred.items()
        }
        tables.append(_number_table(f"{title}, from all levels; directedness per step", pooled))
        tables.append(_number_table(f"{title}, from single levels: how often it is which", named))
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
    """Returns whether a reference policy passed, or how many seeds of the agents got each verdict."""
    if row.passed is not None:
        return "pass" if row.passed else "FAIL"
    seeds = sum(row.verdicts.values())
    return "\n".join(f"{count}/{seeds} {verdict}" for verdict, count in row.verdicts.items() if count)
