"""The command ``gmbench score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli.arguments import AllowedAlgorithm, AsJson, Quiet
from gmbench.cli.output import print_scores
from gmbench.cli.reporting import reporting


def score(
    directory: Annotated[
        Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR", help="Output of a run, a suite or a sweep.")
    ],
    algorithm: AllowedAlgorithm = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Scores a stored run again, from its episodes, and rewrites its scores.json.

    It draws the figures if they are missing or show other scores. For a suite or a sweep, it does so for each
    of its runs, and rewrites its own files. The scores need no algorithm, the picture of an agent does.
    """
    from gmbench.reports.drawing import draw_missing
    from gmbench.runs.rescore import rescore

    with reporting(directory, quiet) as callbacks:
        result = rescore(directory)
        draw_missing(result, callbacks, algorithm)
    print_scores(result.scores, json)
