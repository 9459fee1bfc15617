"""The command ``gmbench merge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from gmbench.cli.arguments import AllowedAlgorithm, AsJson, Quiet
from gmbench.cli.output import print_outcome
from gmbench.cli.reporting import reporting


def merge(
    parts: Annotated[
        tuple[Path, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="DIR", help="Outputs of all parts of a run or of a sweep."),
    ],
    out: Annotated[Path, tyro.conf.arg(help="A new directory for the whole.")],
    algorithm: AllowedAlgorithm = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Merges the parts of a run or of a sweep; the result equals that of one run of all seeds."""
    import gmbench

    with reporting(out, quiet) as callbacks:
        scores = gmbench.merge(parts, out, algorithm=algorithm, callbacks=callbacks).scores
    print_outcome(scores, out, json, quiet)
