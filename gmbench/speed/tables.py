"""The tables that the command ``speed`` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from gmbench.speed.report import Report, Row

LIMITS = {"arithmetic": "arith.", "bandwidth": "memory"}
"""Names of the ceilings that are short enough for a column."""
SPEED_NOTE = "products, limit: part of what the machine can do (docs/speed.md); +: at least"
"""The note below the tables."""
RATES, SIZES = ("", "k", "M", "G"), ("B", "kB", "MB", "GB")
"""Units of rates and of memory; each is a thousand times the one before."""


def speed_tables(report: Report) -> list[Table]:
    """Returns a table of the machine, and for each task a table of speed and one of memory."""
    tables = [_machine_table(report)]
    for task in dict.fromkeys(row.task for row in report.rows):
        rows = [row for row in report.rows if row.task == task]
        tables += [_steps_table(task, report, rows), _memory_table(task, rows)]
    return tables


def _machine_table(report: Report) -> Table:
    table = Table(title="what the machine can do", title_justify="left")
    table.add_column("")
    for column in ("before", "after"):
        table.add_column(column, justify="right")
    for label, name in (("matrix products, GFLOP/s", "arithmetic"), ("memory, GB/s", "bandwidth")):
        figures = (getattr(ceilings, name).median / 1e9 for ceilings in (report.before, report.after))
        table.add_row(label, *(_short(figure) for figure in figures))
    return table


def _steps_table(task: str, report: Report, rows: Sequence[Row]) -> Table:
    table = Table(title=f"{task}: steps a second, all environments together", title_justify="left")
    table.add_column("")
    for column in ("median", "quartiles", "products", "limit"):
        table.add_column(column, justify="right")
    for row in rows:
        rate = row.measured.timing.rate(row.measured.steps)
        reached = report.reached(row)
        more = "" if row.measured.cost.complete else "+"
        table.add_row(
            _row_label(row),
            _scaled(rate.median, RATES),
            f"{_scaled(rate.low, RATES)} to {_scaled(rate.high, RATES)}",
            f"{reached.products:.2f}{more}" if row.seeds else "",
            f"{LIMITS[reached.limit]} {reached.fraction:.2f}{more}",
            end_section=row.seeds is None,
        )
    return table


def _memory_table(task: str, rows: Sequence[Row]) -> Table:
    title = f"{task}: memory of each environment or seed, and of the program"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in ("held", "temporary", "peak", "compiled in"):
        table.add_column(column, justify="right")
    for row in rows:
        memory = row.measured.memory
        table.add_row(
            _row_label(row),
            _scaled(sum(row.measured.holds.values()), SIZES),
            "-" if row.temporaries is None else _scaled(row.temporaries, SIZES),
            "-" if memory is None else _scaled(memory.peak, SIZES),
            f"{row.measured.compile_seconds:.1f} s",
            end_section=row.seeds is None,
        )
    return table


def _row_label(row: Row) -> str:
    """Names a row by its number of environments, or of seeds and environments per seed."""
    if row.seeds is None:
        return f"{row.environments:,} environments"
    seeds = f"{row.seeds} seed{'s' if row.seeds > 1 else ''} x {row.environments:,}"
    return f"{seeds}, {row.budget}" if row.budget else seeds


def _short(number: float) -> str:
    """Formats a number with three significant digits, or as an integer if it has more before the point."""
    return f"{number:,.0f}" if number >= 99.5 else f"{number:.3g}"


def _scaled(number: float, units: Sequence[str]) -> str:
    """Formats a number with the unit in which it has at most three digits before the point."""
    unit, *larger = units
    while number >= 999.5 and larger:
        number, unit, *larger = number / 1000, *larger
    return f"{_short(number)} {unit}".rstrip()
