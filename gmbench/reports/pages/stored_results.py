"""Stored results: the figures in README and docs, as JSON files from which a command writes the texts.

A text has blocks between two comments, such as ``<!-- figures: run coinrun-v1 -->`` and ``<!-- end of figures
-->``. What stands between them is written by `fill_figures` from the files in ``docs/results``, so that no
figure in a text can differ from what was measured. A stored run is what remains of a run's directory: its
settings, provenance and scores.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from rich.console import Console

from gmbench.benchmarks.calibration import InferredGoals, Row
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.reports.pages.markdown import markdown_table
from gmbench.reports.pages.stored_comparisons import estimate_text, on_other_versions, side_by_side
from gmbench.reports.pages.stored_speed import environments_table, machine_text, startup_rows, training_table
from gmbench.reports.tables.calibration import calibration_tables
from gmbench.reports.tables.horizons import horizon_rows
from gmbench.reports.tables.hostile import worst_policies
from gmbench.reports.tables.intervals import PARTS
from gmbench.reports.tables.scores import score_table, verdict_counts
from gmbench.runs.storage.files import read_json

WIDTH = 80
"""Width in characters of the tables that are shown as a command prints them."""
BLOCK = re.compile(r"<!-- figures: (?P<words>[^>]*?) -->\n.*?<!-- end of figures -->", re.DOTALL)
"""A block of a text that is written from stored results; its words say what is shown."""
BLIND = ("always ", "upper lane")
"""How the names of policies that do not look begin."""
SETTINGS = ("task", "algorithm", "budget", "seeds", "steps", "alpha", "levels", "block")
PROVENANCE = ("config", "files", "training_levels", "versions", "devices", "seconds")
LEFT_OUT = ("per_seed", "interquartile_mean")
"""Scores that no text shows. They are left out of stored runs, which would be large with them."""


def store_run(directory: Path) -> dict[str, Any]:
    """Returns what is stored of a complete run: its settings, its provenance and its scores.

    Raises:
        UsageError: a file is missing or damaged.
    """
    manifest, scores = read_json(directory / "manifest.json"), read_json(directory / "scores.json")
    return {
        **{name: manifest[name] for name in (*SETTINGS, *PROVENANCE)},
        "scores": {name: value for name, value in scores.items() if name not in LEFT_OUT},
    }


def fill_figures(text: str, folder: Path) -> str:
    """Writes all blocks of a text from the stored results in a folder.

    Raises:
        ValueError: a block asks for something that there is not.
        UsageError: a stored result is missing or damaged.
    """

    def fill(block: re.Match[str]) -> str:
        kind, *names = block["words"].split()
        if kind not in KINDS:
            raise ValueError(f"there are no figures of the kind {kind!r}; the kinds are {', '.join(KINDS)}")
        content = KINDS[kind](folder, *names)
        return f"<!-- figures: {block['words']} -->\n{content}\n<!-- end of figures -->"

    return BLOCK.sub(fill, text)


def _stored(folder: Path, name: str) -> dict[str, Any]:
    return read_json(folder / f"{name}.json")


def _run(folder: Path, name: str) -> str:
    """The table of a stored run, as the command prints it."""
    return _printed([score_table(_stored(folder, name)["scores"])])


def _seconds(folder: Path, name: str) -> str:
    """How long a stored run took."""
    stored = _stored(folder, name)
    seconds, versions = stored["seconds"], stored["versions"]
    return (
        f"This run took {seconds['all']:.0f} s, of which training took {seconds['train']:.0f} s and "
        f"compilation {seconds['compile']:.0f} s (Python {versions['python']}, jax {versions['jax']})."
    )


def _horizons(folder: Path, name: str) -> str:
    """The tables of a stored study of auto-induced shift."""
    stored = _stored(folder, name)
    tables = [markdown_table(header, rows) for header, *rows in horizon_rows(stored)]
    return "\n\n".join([*tables, f"Measured with {stored['seeds']} seeds on {machine_text(stored)}."])


def _tasks(folder: Path) -> str:
    """One line for each task: its run with the quick budget, and its control with alpha 1."""
    header = (
        "task",
        "seeds x steps",
        "verdicts",
        "capability, iid",
        "goal share, shift",
        "proxy share, shift",
        "control: verdicts",
        "control: capability, iid",
        "control: goal share, shift",
    )
    return markdown_table(header, [_task_row(folder, task) for task in TASKS])


def _task_row(folder: Path, task: str) -> Sequence[str]:
    run, control = (_stored(folder, name) for name in (task, f"{task}-control"))
    of_run, of_control = run["scores"], control["scores"]
    return (
        f"`{task}`",
        f"{run['seeds']} x {run['steps']:,}",
        verdict_counts(of_run),
        estimate_text(of_run["packs"]["iid"]["capability"], run["seeds"], 2),
        estimate_text(of_run["shares"]["goal"], run["seeds"], 2),
        estimate_text(of_run["shares"]["proxy"], run["seeds"], 2),
        verdict_counts(of_control),
        estimate_text(of_control["packs"]["iid"]["capability"], control["seeds"], 2),
        estimate_text(of_control["shares"]["goal"], control["seeds"], 2),
    )


def _calibration(folder: Path, task: str) -> str:
    """The tables of a stored calibration, as the command prints them."""
    rows = [_calibration_row(row) for row in _stored(folder, f"calibrate-{task}")["rows"]]
    return _printed(calibration_tables(task, rows))


def _limits(folder: Path) -> str:
    """The competence floor of each task, the best policy that does not look, and the known limits."""
    header = ("task", "floor", "best policy that does not look", "known limit", "C", "K", "G", "why")
    rows = []
    for task in TASKS:
        found = [_calibration_row(row) for row in _stored(folder, f"calibrate-{task}")["rows"]]
        floor = f"{load_task(task).floor:g}"
        blind = max((row for row in found if row.policy.startswith(BLIND)), key=lambda row: row.capability)
        first = (f"`{task}`", floor, f"{blind.policy}: C {blind.capability:.2f}")
        limits = [row for row in found if row.passed is False and row.limit is not None]
        rows.append((*first, *_limit_cells(limits[0] if limits else None)))
        rows += [("", "", "", *_limit_cells(row)) for row in limits[1:]]
    return markdown_table(header, rows)


def _limit_cells(row: Row | None) -> Sequence[str]:
    if row is None:
        return ("-", "", "", "", "")
    numbers = (row.capability, row.capability_generalization, row.goal_generalization)
    cells = ("-" if isnan(number) else f"{number:.2f}" for number in numbers)
    return (f"{row.policy}, {row.pack}", *cells, row.limit or "")


def _calibration_row(stored: Mapping[str, Any]) -> Row:
    """Reads a row that ``gmbench calibrate --json`` printed."""
    inferred = stored["inferred"]
    numbers = {name: float("nan") if value is None else value for name, value in stored.items()}
    return Row(
        **{
            **numbers,
            "passed": stored["passed"],
            "limit": stored["limit"],
            "inferred": None if inferred is None else InferredGoals(**inferred),
        }
    )


def _intervals(folder: Path, part: str, *seeds: str) -> str:
    """A part of the stored study of intervals, for all numbers of seeds or for one."""
    make = PARTS[part][1]
    header, *rows = make(_stored(folder, "intervals"), *map(int, seeds))
    return markdown_table(header, rows)


KINDS: Mapping[str, Callable[..., str]] = {
    "run": _run,
    "side-by-side": lambda folder, *names: side_by_side([_stored(folder, name) for name in names]),
    "versions": lambda folder, *names: on_other_versions([_stored(folder, name) for name in names]),
    "seconds": _seconds,
    "horizons": _horizons,
    "tasks": _tasks,
    "calibration": _calibration,
    "limits": _limits,
    "environment-speed": lambda folder, name: environments_table(_stored(folder, name)),
    "training-speed": lambda folder, name: training_table(_stored(folder, name)),
    "hostile": lambda folder: worst_policies(_stored(folder, "hostile")["rows"]),
    "startup": lambda folder, name: startup_rows(_stored(folder, name)),
    "intervals": _intervals,
}
"""What a block can show, by the first of its words; the others are the names of stored results."""


def _printed(tables: Sequence[Any]) -> str:
    """Returns tables as a terminal shows them, in a block of code."""
    written = io.StringIO()
    Console(width=WIDTH, file=written, color_system=None).print(*tables, sep="\n")
    return "\n".join(("```text", *(line.rstrip() for line in written.getvalue().splitlines()), "```"))
