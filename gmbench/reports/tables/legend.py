"""The table of the symbols that levels are written with as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table

from gmbench.envs.core.text import Legend


def legend_table(task_id: str, legend: Legend) -> Table:
    """Returns the table of the symbols and the facts of a task's levels."""
    table = Table(title=f"{task_id}: levels as text", title_justify="left")
    table.add_column("symbol or line")
    table.add_column("meaning")
    for symbol, meaning in spelled(legend.symbols):
        table.add_row(symbol, meaning)
    if legend.facts:
        table.add_section()
    for name, meaning in legend.facts.items():
        table.add_row(f"{name} NUMBER", meaning)
    return table


def spelled(symbols: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yields each entry of a legend; several characters with one meaning are written as a range."""
    for characters, meaning in symbols.items():
        yield (characters if len(characters) == 1 else f"{characters[0]} to {characters[-1]}"), meaning
