"""The command of the study of auto-induced shift: ``python -m gmbench.cli.horizons TASK PICTURE``."""

from __future__ import annotations

from pathlib import Path

import tyro

from gmbench.benchmarks.registry import load_task
from gmbench.cli.arguments import Whole
from gmbench.cli.standalone import run_standalone
from gmbench.errors import UsageError
from gmbench.reports.figures.auto_induced_shift import draw_shift_study
from gmbench.runs.storage.files import replace_file
from gmbench.studies.auto_induced_shift import TASK_HORIZONS, ShiftStudy, study_shift


def main(
    task: tyro.conf.Positional[str],
    picture: tyro.conf.Positional[Path],
    seeds: Whole | None = None,
    steps: Whole | None = None,
    points: Whole = 16,
) -> None:
    """Trains agents, and prints and draws their returns in short and in long episodes.

    Args:
        task: feed-v1 or trees-v1.
        picture: the file to draw to.
        seeds: training seeds; those of the quick budget unless given.
        steps: environment steps per seed; those of the quick budget unless given.
        points: how often the agents are evaluated during training.
    """
    if task not in TASK_HORIZONS:
        raise UsageError(
            f"{task} has no auto-induced shift; the tasks with one are {', '.join(TASK_HORIZONS)}"
        )
    if not picture.parent.is_dir():
        raise UsageError(f"there is no folder {picture.parent} to write {picture.name} to")
    study = study_shift(load_task(task), seeds, steps, points)
    print(report(study))
    figure, kind = draw_shift_study(study), picture.suffix.removeprefix(".") or "png"
    replace_file(picture, lambda part: figure.savefig(part, dpi=200, format=kind))


def report(study: ShiftStudy) -> str:
    """Returns the means over seeds as text: one line for each pause, and one for each horizon."""
    short, long = study.pauses[0].lengths
    lines = [
        f"fraction of the reference return on the goal in {short} and in {long} {study.unit}, "
        "by steps of training:"
    ]
    for steps, returns in zip(study.steps, study.pauses, strict=True):
        lines.append("{:>10,} {:.3f} {:.3f}".format(steps, *returns.goal.mean(axis=1)))
    lines.append(
        "fraction of the reference return on the goal and on the proxy at the end of training, "
        f"by {study.unit}:"
    )
    trained = study.trained
    for length, goal, proxy in zip(
        trained.lengths, trained.goal.mean(axis=1), trained.proxy.mean(axis=1), strict=True
    ):
        lines.append(f"{length:>10,} {goal:.3f} {proxy:.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    run_standalone(main, "horizons")
