"""The command ``gmbench show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli import interrupts
from gmbench.cli.arguments import TaskId, Whole
from gmbench.cli.consoles import output_console
from gmbench.errors import UsageError


def show(
    task: TaskId,
    out: Annotated[
        Path | None, tyro.conf.arg(help="A file to write: .png for levels, .gif for two episodes.")
    ] = None,
    count: Annotated[Whole, tyro.conf.arg(help="Number of pairs of levels in a .png.")] = 6,
    first: Annotated[Whole, tyro.conf.arg(help="Index of the first level in the packs.")] = 0,
    level: Annotated[Path | None, tyro.conf.arg(help="A text file with a level to draw instead.")] = None,
    legend: Annotated[bool, tyro.conf.arg(help="Print what the symbols of a level as text mean.")] = False,
) -> None:
    """Draws training levels and the same levels under shift, side by side.

    As .gif it shows two episodes: at the left the policy that is optimal for the goal on a training level, at
    the right the policy that is optimal for the proxy on the shifted level.
    """
    if legend:
        _print_legend(task)
        if out is None:
            return
    if out is None:
        raise UsageError("there is nothing to do; give --out FILE for a picture, or --legend")
    from gmbench.reports.pictures.task_levels import show_level, show_pairs, show_policies

    interrupts.INTERRUPTS.enter("drawing")
    if level is not None:
        show_level(task, level, out)
    elif out.suffix == ".gif":
        show_policies(task, out, first)
    else:
        show_pairs(task, out, count, first)
    print(f"wrote {out}")


def _print_legend(task_id: str) -> None:
    from gmbench.benchmarks.registry import load_task
    from gmbench.reports.tables.legend import legend_table

    output_console().print(legend_table(task_id, load_task(task_id).env.legend))
