"""Builds the frozen files of tasks: ``python -m gmbench.cli.freeze TASK...``. For maintainers."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import tyro

import gmbench.benchmarks
from gmbench.benchmarks.freeze import build
from gmbench.benchmarks.registry import load_task
from gmbench.cli.standalone import run_standalone
from gmbench.runs.storage.files import replace_file

DATA = Path(gmbench.benchmarks.__file__).parent / "data"


def freeze(tasks: tyro.conf.Positional[tuple[str, ...]]) -> None:
    """Builds the packs of tasks and their references, and writes them into the package.

    It prints the hash of each file, to be entered in the file of the task, and whether the file has changed.

    Args:
        tasks: ids of tasks.
    """
    for task in [load_task(task_id) for task_id in tasks]:
        folder = DATA / task.id
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{task.id}:")
        for name, content in build(task).items():
            path = folder / name
            before = path.read_bytes() if path.exists() else None
            replace_file(path, partial(Path.write_bytes, data=content))
            change = "new" if before is None else "unchanged" if before == content else "CHANGED"
            print(f'        "{name}": "{hashlib.sha256(content).hexdigest()}",  # {change}')


if __name__ == "__main__":
    run_standalone(freeze, "freeze")
