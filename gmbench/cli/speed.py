"""The command ``gmbench speed``."""

from __future__ import annotations

from typing import Annotated

import tyro

from gmbench.cli.arguments import AsJson, Quiet, Real, Whole
from gmbench.cli.consoles import output_console
from gmbench.cli.output import print_json
from gmbench.cli.reporting import reporting_stages


def speed(
    tasks: Annotated[
        tuple[str, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="TASK", help="Ids of tasks; without any, all of them."),
    ] = (),
    seeds: Annotated[tuple[Whole, ...], tyro.conf.arg(help="Numbers of seeds that train together.")] = (
        1,
        16,
        256,
    ),
    batch: Annotated[Whole, tyro.conf.arg(help="Environments in all, divided among the seeds.")] = 4096,
    environments: Annotated[
        Whole | None, tyro.conf.arg(help="Environments under random actions; else what suits the device.")
    ] = None,
    levels: Annotated[Whole | None, tyro.conf.arg(help="Number of training levels.")] = None,
    repeats: Annotated[Whole, tyro.conf.arg(help="Repeats of each measurement.")] = 7,
    seconds: Annotated[Real, tyro.conf.arg(help="Duration of a repeat; at least one call.")] = 0.5,
    training: Annotated[bool, tyro.conf.arg(help="Measure training too, not only environments.")] = True,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measures steps per second and memory of environments and training, beside the limits of the machine."""
    from gmbench.speed.choices import Choices
    from gmbench.speed.json_output import report_to_json
    from gmbench.speed.machine import machine_line
    from gmbench.speed.tables import SPEED_NOTE, speed_tables
    from gmbench.speed.task_speed import measure_speed

    choices = Choices(
        tasks=tasks,
        seeds=seeds,
        environments=environments,
        batch=batch,
        levels=levels,
        repeats=repeats,
        seconds=seconds,
        training=training,
    )
    with reporting_stages(quiet) as stage:
        report = measure_speed(choices, stage)
    if json:
        print_json(report_to_json(report))
        return
    console = output_console()
    console.print(*speed_tables(report), sep="\n")
    console.print(SPEED_NOTE, machine_line(), sep="\n", highlight=False)
