"""The command of the study of intervals: ``python -m gmbench.cli.intervals``.

The figures in ``docs/statistics.md`` are made by

    python -m gmbench.cli.intervals --samples 4000 --json > docs/results/intervals.json
    python -m gmbench.cli.documents

and the seeds of stored runs, which the study resamples, are stored by ``--store runs/*``.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from gmbench.checks import check_whole
from gmbench.cli.arguments import Whole
from gmbench.cli.consoles import output_console
from gmbench.cli.output import print_json
from gmbench.cli.standalone import run_standalone
from gmbench.reports.tables.intervals import interval_tables
from gmbench.runs.storage.files import write_json
from gmbench.studies.intervals import study_intervals
from gmbench.studies.seed_populations import VALUES, seed_values


def main(
    samples: Annotated[Whole, tyro.conf.arg(help="Samples of seeds in each case.")] = 500,
    resamples: Annotated[Whole, tyro.conf.arg(help="Bootstrap resamples of each sample.")] = 999,
    json: Annotated[bool, tyro.conf.arg(help="Print JSON instead of tables.")] = False,
    store: Annotated[
        tuple[Path, ...], tyro.conf.arg(help="Directories of runs; store the shares of their seeds first.")
    ] = (),
) -> None:
    """Simulates how often the 95 % intervals over seeds cover the truth, and how wide they are.

    Raises:
        UsageError: a number is out of range, or a directory does not hold a complete run.
    """
    samples = check_whole("samples", samples, 10, 10**6)
    resamples = check_whole("resamples", resamples, 99, 10**6)
    if store:
        write_json(VALUES, seed_values(store))
    study = dataclasses.asdict(study_intervals(samples, resamples))
    if json:
        print_json(study)
    else:
        output_console().print(*interval_tables(study), sep="\n")


if __name__ == "__main__":
    run_standalone(main, "intervals")
