"""What commands print: scores as tables or as JSON, and where the results are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmbench.cli.consoles import error_console, output_console
from gmbench.errors import AllDiverged, printable


def print_json(content: object) -> None:
    """Prints content as JSON on stdout; numbers that are not finite become null."""
    from gmbench.runs.storage.files import to_json_types

    print(json.dumps(to_json_types(content), indent=2, allow_nan=False))


def print_scores(scores: Mapping[str, Any], as_json: bool) -> None:
    """Prints the scores of a run, a suite or a sweep on stdout."""
    from gmbench.reports.tables.scores import score_table, suite_table, sweep_scores_table

    if as_json:
        print_json(scores)
    elif "suite" in scores:
        output_console().print(suite_table(scores))
    elif "conditions" in scores:
        output_console().print(sweep_scores_table(scores))
    else:
        output_console().print(score_table(scores))


def print_outcome(scores: Mapping[str, Any] | None, out: Path, as_json: bool, quiet: bool) -> None:
    """Prints the scores of a new result, and its directory on stderr.

    Args:
        scores: the scores; empty for a part of a run, None in a process that is not the first.
        out: the directory of the result.
        as_json: whether to print JSON instead of a table.
        quiet: whether not to print the directory.

    Raises:
        AllDiverged: all seeds of the run, or of a task or a condition, diverged.
    """
    from gmbench.runs.storage.results import FIGURES

    if scores:
        print_scores(scores, as_json)
        if not quiet:
            drawn = "results and figures" if (out / FIGURES).is_dir() else "results"
            _say(f"{drawn} are in {out}")
        _check_any_seed_left(scores)
    elif scores is not None and not quiet:
        _say(f"this part is in {out}; combine all parts with gmbench merge")


def _say(text: str) -> None:
    error_console().print(printable(text), highlight=False, soft_wrap=True)


def _check_any_seed_left(scores: Mapping[str, Any]) -> None:
    """Checks that not all seeds of a run, of a task of a suite or of a condition of a sweep diverged.

    Raises:
        AllDiverged: they did.
    """
    runs = scores.get("tasks") or scores.get("conditions") or {scores.get("task"): scores}
    lost = [str(name) for name, run in runs.items() if len(run["diverged"]) == run["seeds"]]
    if lost:
        raise AllDiverged(
            f"all seeds of {', '.join(lost)} diverged, their weights are no longer numbers; "
            "try a lower learning rate"
        )
