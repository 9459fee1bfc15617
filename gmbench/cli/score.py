"""The command ``gmbench score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli.arguments import AsJson
from gmbench.cli.output import print_scores


def score(
    directory: Annotated[
        Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR", help="Output of a run, a suite or a sweep.")
    ],
    json: AsJson = False,
) -> None:
    """Scores a stored run again, from its episodes, and rewrites its scores.json.

    For a suite or a sweep, it does so for each of its runs, and rewrites its own files.
    """
    from gmbench.runs.rescore import rescore

    print_scores(rescore(directory), json)
