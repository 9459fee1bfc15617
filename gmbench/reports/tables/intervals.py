"""What the study of intervals found, as rows of text, for the terminal and for the page of statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isinf
from typing import Any

from rich.table import Table

Rows = list[Sequence[str]]
"""The header, then one row after the other."""


def mean_rows(study: Mapping[str, Any], seeds: int | None = None) -> Rows:
    """Returns coverage and width of the intervals of a mean over the seeds of one task.

    Args:
        study: the results as JSON has them, see `gmbench.studies.intervals.Study`.
        seeds: show this number of seeds only.
    """
    return _interval_rows([row for row in study["means"] if seeds in (None, row["seeds"])])


def suite_mean_rows(study: Mapping[str, Any]) -> Rows:
    """Returns coverage and width of the intervals of a mean over the tasks of a suite."""
    return _interval_rows([row for row in study["suites"] if row["figure"] == "mean"])


def interquartile_rows(study: Mapping[str, Any]) -> Rows:
    """Returns coverage and width of the intervals of an interquartile mean over a suite."""
    return _interval_rows([row for row in study["suites"] if row["figure"] != "mean"])


def rate_rows(study: Mapping[str, Any]) -> Rows:
    """Returns mean and lowest coverage and the width of the intervals of a rate."""
    header = ("seeds", *study["rates"][0]["methods"])
    return [
        header,
        *(
            (
                str(row["seeds"]),
                *(
                    f"{cell['coverage']:.3f}, at least {cell['lowest']:.3f} ({cell['width']:.2f})"
                    for cell in row["methods"].values()
                ),
            )
            for row in study["rates"]
        ),
    ]


def needed_rows(study: Mapping[str, Any]) -> Rows:
    """Returns what each number of seeds can tell."""
    kinds = study["needed"][0]["unseen"]
    header = (
        "seeds",
        *(f"no seed of a kind that is {kind}" for kind in kinds),
        "Wilson's interval of a rate near .5",
        "rate of what no seed has",
    )
    return [
        header,
        *(
            (
                str(row["seeds"]),
                *(f"{row['unseen'][kind]:.2g}" for kind in kinds),
                f"± {row['half_width']:.2f}",
                f"up to {row['none_of']:.2f}",
            )
            for row in study["needed"]
        ),
    ]


PARTS: Mapping[str, tuple[str, Callable[..., Rows]]] = {
    "means": ("Mean over the seeds of one task: coverage (mean width)", mean_rows),
    "suite-means": ("Mean over the tasks of a suite: coverage (mean width)", suite_mean_rows),
    "interquartile-means": ("Interquartile mean over a suite: coverage (mean width)", interquartile_rows),
    "rates": ("Rate among seeds: mean coverage, lowest coverage (mean width)", rate_rows),
    "needed": ("What a number of seeds can tell", needed_rows),
}
"""The parts of the study by name: a title, and the function that makes the rows."""


def interval_tables(study: Mapping[str, Any]) -> list[Table]:
    """Returns the results of the study as tables for the terminal.

    Args:
        study: the results as JSON has them, see `gmbench.studies.intervals.Study`.
    """
    return [_table(title, make(study)) for title, make in PARTS.values()]


def _table(title: str, rows: Rows) -> Table:
    table = Table(title=title, title_justify="left")
    for index, name in enumerate(rows[0]):
        table.add_column(name, justify="right" if index else "left")
    for row in rows[1:]:
        table.add_row(*row)
    return table


def _interval_rows(rows: Sequence[Mapping[str, Any]]) -> Rows:
    """One row for each case and number of seeds, one column for each method; a case is named once."""
    listed: Rows = [("seeds of", "seeds", *rows[0]["methods"])]
    previous = None
    for row in rows:
        case = "" if row["case"] == previous else row["case"]
        cells = (f"{cell['coverage']:.3f} ({_width(cell['width'])})" for cell in row["methods"].values())
        listed.append((case, str(row["seeds"]), *cells))
        previous = row["case"]
    return listed


def _width(width: float | None) -> str:
    """Writes a mean width. JSON has no infinite numbers; there it is None."""
    return "infinite" if width is None or isinf(width) else f"{width:.3f}"
