"""The command that writes the pages in ``docs/environments``: ``python -m gmbench.cli.pages [TASK...]``.

Every page, its picture and the table of all tasks follow from the code and the frozen packs, so that they
stay true when the code changes.
"""

from __future__ import annotations

from pathlib import Path

import tyro

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.cli.standalone import run_standalone
from gmbench.reports.pages.environments import index_page, task_page
from gmbench.reports.pictures.task_levels import varied_sheet

FOLDER = Path(__file__).parents[2] / "docs" / "environments"
PAIRS = 2
"""Pairs of levels in a picture."""


def main(tasks: tyro.conf.Positional[tuple[str, ...]] = ()) -> None:
    """Writes the page and the picture of each task, and the table of all tasks.

    Args:
        tasks: ids of tasks; all of them if none is given.
    """
    loaded = [load_task(task_id) for task_id in tasks or TASKS]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for task in loaded:
        (FOLDER / f"{task.id}.md").write_text(task_page(task))
        varied_sheet(task, PAIRS).save(FOLDER / f"{task.id}.png", optimize=True)
        print(f"wrote {FOLDER / task.id}.md and .png")
    (FOLDER / "README.md").write_text(index_page())


if __name__ == "__main__":
    run_standalone(main, "pages")
