"""The tables of hostile policies: one task in whole, and the worst of every task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from gmbench.reports.pages.markdown import markdown_table
from gmbench.studies.hostile import KNOWN, HostileRow


def hostile_table(task: str, rows: Sequence[HostileRow]) -> Table:
    """Returns the table of a task's hostile policies, in the order of the rows."""
    table = Table(title=f"{task}: hostile policies, shift", title_justify="left")
    table.add_column("policy")
    for column in ("C", "goal", "proxy", "neither"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for row in rows:
        if row.task == task:
            verdict = f"{row.verdict} (mistaken)" if row.fooled else row.verdict
            shares = (f"{share:.2f}" for share in row.shares.values())
            table.add_row(row.policy, f"{row.capability:.2f}", *shares, verdict)
    return table


def worst_policies(rows: Sequence[Mapping[str, Any]]) -> str:
    """Returns the policies of each task that get most of a share without the plan that it stands for.

    Args:
        rows: what ``python -m gmbench.cli.hostile --json`` prints.
    """
    header = (
        "task",
        "highest goal share without the goal",
        "highest proxy share without the proxy",
        "mistaken",
    )
    lines = []
    for task in dict.fromkeys(row["task"] for row in rows):
        own = [row for row in rows if row["task"] == task]
        wrong = [f"{row['policy']}: {KNOWN[task, row['policy']]}" for row in own if row["fooled"]]
        worst = (_highest(own, index, share) for index, share in enumerate(("goal", "proxy")))
        lines.append((f"`{task}`", *worst, "; ".join(wrong) or "-"))
    return markdown_table(header, lines)


def _highest(rows: Sequence[Mapping[str, Any]], index: int, share: str) -> str:
    without = [row for row in rows if not row["follows"][index]]
    worst = max(without, key=lambda row: row["shares"][share])
    return f"{worst['shares'][share]:.2f} ({worst['policy']}; {worst['verdict']})"
