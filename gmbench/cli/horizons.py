"""The command of the study of auto-induced shift: ``python -m gmbench.cli.horizons TASK PICTURE``."""

from __future__ import annotations

from pathlib import Path

import tyro
from matplotlib.backend_bases import FigureCanvasBase

from gmbench.benchmarks.registry import load_task
from gmbench.cli.arguments import AsJson, Whole
from gmbench.cli.consoles import output_console
from gmbench.cli.output import print_json
from gmbench.cli.standalone import run_standalone
from gmbench.errors import UsageError
from gmbench.reports.figures.auto_induced_shift import draw_shift_study
from gmbench.reports.tables.horizons import horizon_tables, study_figures
from gmbench.runs.storage.files import replace_file
from gmbench.speed.machine import describe_machine
from gmbench.studies.auto_induced_shift import TASK_HORIZONS, study_shift


def main(
    task: tyro.conf.Positional[str],
    picture: tyro.conf.Positional[Path],
    seeds: Whole | None = None,
    steps: Whole | None = None,
    points: Whole = 16,
    json: AsJson = False,
) -> None:
    """Trains agents, and prints and draws their returns in short and in long episodes.

    Args:
        task: feed-v1 or trees-v1.
        picture: the file to draw to.
        seeds: training seeds; those of the quick budget unless given.
        steps: environment steps per seed; those of the quick budget unless given.
        points: how often the agents are evaluated during training.
        json: print JSON instead of tables.
    """
    if task not in TASK_HORIZONS:
        raise UsageError(
            f"{task} has no auto-induced shift; the tasks with one are {', '.join(TASK_HORIZONS)}"
        )
    kind = _kind_of(picture)
    study = study_shift(load_task(task), seeds, steps, points)
    figures = study_figures(study)
    figure = draw_shift_study(study)
    replace_file(picture, lambda part: figure.savefig(part, dpi=200, format=kind))
    if json:
        print_json({**figures, "machine": describe_machine()})
    else:
        output_console().print(*horizon_tables(figures), sep="\n")


def _kind_of(picture: Path) -> str:
    """Returns the kind of a picture by the end of its name, before the study that it shows is run.

    Raises:
        UsageError: matplotlib draws no such pictures, or there is no folder for it.
    """
    if not picture.parent.is_dir() or picture.is_dir():
        raise UsageError(f"{picture} is no name of a file in a folder that exists; give another one")
    kind, known = picture.suffix.removeprefix(".") or "png", FigureCanvasBase.get_supported_filetypes()
    if kind not in known:
        raise UsageError(f"{picture} cannot be drawn; it may end in .{', .'.join(known)}")
    return kind


if __name__ == "__main__":
    run_standalone(main, "horizons")
