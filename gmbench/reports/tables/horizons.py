"""The tables of the study of auto-induced shift: returns by steps of training and by length of episodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gmbench.studies.auto_induced_shift import ShiftStudy, in_words


def study_figures(study: ShiftStudy) -> dict[str, Any]:
    """Returns the means over seeds of a study, for `horizon_tables` and for JSON.

    All returns are fractions of the return that the reference policies get at the same horizon.
    """
    pauses = [
        {
            "steps": steps,
            "goal": dict(zip(map(str, returns.lengths), returns.goal.mean(axis=1).tolist(), strict=True)),
        }
        for steps, returns in zip(study.steps, study.pauses, strict=True)
    ]
    trained = study.trained
    means = trained.goal.mean(axis=1), trained.proxy.mean(axis=1)
    lengths = [
        {"length": length, "goal": float(goal), "proxy": float(proxy)}
        for length, goal, proxy in zip(trained.lengths, *means, strict=True)
    ]
    return {
        "task": study.task,
        "units": list(study.units),
        "seeds": trained.agents.shape[1],
        "pauses": pauses,
        "lengths": lengths,
    }


def horizon_rows(figures: Mapping[str, Any]) -> tuple[list[list[str]], list[list[str]]]:
    """Returns the cells of both tables, each with its header: by steps of training, and by length.

    Args:
        figures: from `study_figures`.
    """
    short_and_long = list(figures["pauses"][0]["goal"])
    by_steps = [["steps", *(f"goal, {in_words(int(length), figures['units'])}" for length in short_and_long)]]
    for pause in figures["pauses"]:
        by_steps.append(
            [f"{pause['steps']:,}", *(f"{pause['goal'][length]:.3f}" for length in short_and_long)]
        )
    by_length = [[figures["units"][1], "goal", "proxy"]]
    for row in figures["lengths"]:
        by_length.append([f"{row['length']:,}", f"{row['goal']:.3f}", f"{row['proxy']:.3f}"])
    return by_steps, by_length


def horizon_tables(figures: Mapping[str, Any]) -> list[Table]:
    """Returns both tables of a study, as the command prints them.

    Args:
        figures: from `study_figures`.
    """
    tables = []
    for title, (header, *rows) in zip(
        ("by steps of training", "at the end of training"), horizon_rows(figures), strict=True
    ):
        table = Table(
            title=f"{figures['task']}, {figures['seeds']} seeds: fraction of the reference return, {title}",
            title_justify="left",
        )
        for name in header:
            table.add_column(name, justify="right")
        for row in rows:
            table.add_row(*row)
        tables.append(table)
    return tables
