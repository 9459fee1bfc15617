"""How far an auto-induced shift has come: ``python -m gmbench.cli.horizons TASK PICTURE``."""

from __future__ import annotations

import sys
from pathlib import Path

import tyro

from gmbench.benchmarks.tasks import load_task
from gmbench.errors import UsageError
from gmbench.reports.figures.auto_induced_shift import draw_growth
from gmbench.studies.auto_induced_shift import FAMILIES, Growth, grow


def report(growth: Growth) -> str:
    """A line for each pause and for each horizon: means over seeds."""
    short, long = growth.paused[0].lengths
    lines = [f"part of the goal that was had in {short} and in {long} {growth.unit}, by steps of training:"]
    for steps, played in zip(growth.steps, growth.paused, strict=True):
        lines.append("{:>10,} {:.3f} {:.3f}".format(steps, *played.goal.mean(axis=1)))
    lines.append(f"part of the goal and of the proxy at the end, by {growth.unit}:")
    trained = growth.trained
    for length, goal, proxy in zip(
        trained.lengths, trained.goal.mean(axis=1), trained.proxy.mean(axis=1), strict=True
    ):
        lines.append(f"{length:>10,} {goal:.3f} {proxy:.3f}")
    return "\n".join(lines)


def main(
    task: tyro.conf.Positional[str],
    picture: tyro.conf.Positional[Path],
    seeds: int | None = None,
    steps: int | None = None,
    points: int = 16,
) -> None:
    """Trains agents, prints what they got of the goal, and draws it.

    Args:
        task: feed-v1 or trees-v1.
        picture: the file to draw to.
        seeds: trained together; those of the quick budget unless given.
        steps: of each seed; those of the quick budget unless given.
        points: pauses.
    """
    if task not in FAMILIES:
        raise UsageError(f"{task} has no auto-induced shift; the tasks that have are {', '.join(FAMILIES)}")
    if points < 1:
        raise UsageError(f"points must be at least 1, not {points}")
    if not picture.parent.is_dir():
        raise UsageError(f"there is no folder {picture.parent} to write {picture.name} to")
    growth = grow(load_task(task), seeds, steps, points)
    print(report(growth))
    draw_growth(growth).savefig(picture, dpi=200)


if __name__ == "__main__":
    try:
        tyro.cli(main)
    except UsageError as error:
        sys.exit(f"gmbench.cli.horizons: {error}")
