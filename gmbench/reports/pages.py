"""The maintainer's command that writes a page for each task: ``python -m gmbench.reports.pages [TASK...]``.

A page, its picture and the table of all tasks in ``docs/environments`` follow from the code and the frozen
packs, so that nothing stands there that is not so.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gmbench.benchmarks.packs import PACK_SIZE, load_pack, load_references
from gmbench.benchmarks.tasks import REGISTRY, load_task
from gmbench.benchmarks.tasks.task import PACKS, PAIRED_PACKS, Task
from gmbench.envs.core.grid import VIEW
from gmbench.envs.core.levels import select
from gmbench.reports.pictures import unstack
from gmbench.reports.showing import pairs_sheet

FOLDER = Path(__file__).parents[2] / "docs" / "environments"
WRITTEN = "<!-- Written by `python -m gmbench.reports.pages`: change the code that it follows from. -->"
PAIRS = 2
"""Pairs of levels in a picture."""
COMMANDS = (
    "gmbench show {task} --out {task}.png",
    "gmbench show {task} --out {task}.gif",
    "gmbench run {task} --budget quick --out runs/{task}",
    "gmbench run {task} --budget quick --alpha 1 --out runs/{task}-control",
    "gmbench calibrate {task} --run runs/{task}",
    "gmbench speed {task}",
)


def page(task: Task) -> str:
    """The page of a task, in Markdown."""
    entry = REGISTRY[task.id]
    parts = [
        WRITTEN,
        f"# {task.id}: {task.title}",
        f"![Levels of {task.id} in training, and the same levels under shift]({task.id}.png)",
        _table(
            ("intended goal", "proxy", "shift", "source"),
            [(entry.goal, entry.proxy, entry.shift, task.source)],
        ),
        *_environment(task),
        *_packs(task),
        *_budgets(task),
        *_references(task),
        *_use(task),
    ]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """The table of all tasks, in Markdown."""
    header = ("task", "intended goal", "proxy", "shift", "source")
    rows = [
        (f"[`{name}`]({name}.md)", entry.goal, entry.proxy, entry.shift, entry.source)
        for name, entry in REGISTRY.items()
    ]
    return "\n\n".join((WRITTEN, "# The tasks and their environments", _table(header, rows))) + "\n"


def _environment(task: Task) -> list[str]:
    env = task.env
    description, meanings = read_docstring(type(env))
    fields = {
        name: meanings[name] if name == "goals" else f"{meanings[name]} Here {_value(value)}."
        for name, value in _settings(env).items()
    }
    first = {pack: unstack(select(load_pack(task, pack), np.array([0])))[0] for pack in ("iid", "shift")}
    return [
        "## The environment",
        description,
        "Goals and settings:",
        _list(fields),
        f"The actions are {_words(env.actions)}. The agent sees {VIEW} x {VIEW} cells around itself, in the "
        f"channels {_words(env.channels)}.",
        "The first level of `iid` and its twin of `shift`, as text:",
        *(f"```text\n{env.draw(level)}\n```" for level in first.values()),
    ]


def _packs(task: Task) -> list[str]:
    design = [
        (
            f"`{pack}`",
            "come apart" if pack in PAIRED_PACKS else "agree",
            "harder" if "hard" in pack else "familiar",
        )
        for pack in PACKS
    ]
    settings = {pack: _settings(task.generators[pack]) for pack in PACKS}
    names = list(dict.fromkeys(name for values in settings.values() for name in values))
    dials = [(f"`{name}`", *(_value(settings[pack].get(name)) for pack in PACKS)) for name in names]
    kinds = dict.fromkeys(type(generator) for generator in task.generators.values())
    meanings = {name: text for kind in kinds for name, text in read_docstring(kind)[1].items()}
    return [
        "## Levels",
        f"Agents train on levels as those of `iid`, and are evaluated on {PACK_SIZE} frozen levels of each "
        "pack. None of their layouts occurs in training.",
        _table(("pack", "goal and proxy", "layouts"), design),
        f"The dials of the generator, {_words(kind.__name__ for kind in kinds)}, and their values:",
        _table(("dial", *(f"`{pack}`" for pack in PACKS)), dials),
        _list({name: meanings[name] for name in names if name in meanings}),
    ]


def _budgets(task: Task) -> list[str]:
    rows = [
        (f"`{name}`", str(budget.seeds), f"{budget.steps:,}", f"{budget.levels:,}")
        for name, budget in task.budgets.items()
    ]
    return [
        "## Budgets",
        _table(("budget", "seeds", "steps of each", "training levels"), rows),
        *(
            f"Settings of `{learner}` that differ from its own: "
            + ", ".join(f"`{name}={value!r}`" for name, value in _changed(config).items())
            + "."
            for learner, config in task.configs.items()
        ),
    ]


def _references(task: Task) -> list[str]:
    goals = [goal.name for goal in task.env.goals]
    rows = []
    for pack, references in load_references(task).items():
        for policy, returns in zip(goals, references.optimal, strict=True):
            pursuit = f"optimal for {policy}" if task.planned else f"scripted for {policy}"
            rows.append((f"`{pack}`", pursuit, *_returns(returns)))
        rows.append((f"`{pack}`", "random", *_returns(references.random)))
    counted = (
        "Every goal's return stops with the first event of any goal."
        if task.first_only
        else "All events of every goal count."
    )
    if task.score_discount < 1.0:
        counted += f" Returns are discounted by {task.score_discount:g} a step."
    made = (
        "planned exactly, and provably optimal"
        if task.planned
        else "scripted: there are too many states to plan, and the scripts may not be optimal"
    )
    return [
        "## What scores lie between",
        f"{counted} The mean returns of the reference policies on each pack; those that pursue a goal are "
        f"{made}.",
        _table(("pack", "policy", *goals), rows),
    ]


def _use(task: Task) -> list[str]:
    commands = "\n".join(command.format(task=task.id) for command in COMMANDS)
    return [
        "## Use",
        f"```sh\n{commands}\n```",
        f'```python\nimport gmbench\n\nenv, params = gmbench.make("{task.id}")\n```',
    ]


# Docstrings.


def read_docstring(cls: type) -> tuple[str, dict[str, str]]:
    """A class's docstring without its sections, and the meanings of its attributes, inherited ones first.

    An attribute whose meaning is only to "see" another's keeps what it has inherited.
    """
    attributes: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        for name, text in _attributes(base).items():
            if name not in attributes or not text.startswith("see "):
                attributes[name] = text
    described, _, _ = inspect.cleandoc(cls.__doc__ or "").partition("\nAttributes:\n")
    return described.strip().replace("``", "`"), attributes


def _attributes(cls: type) -> dict[str, str]:
    """The section of attributes in a class's own docstring."""
    _, _, section = inspect.cleandoc(vars(cls).get("__doc__") or "").partition("\nAttributes:\n")
    entries: list[str] = []
    for line in inspect.cleandoc(section).splitlines():
        if line.startswith(" "):
            entries[-1] += f" {line.strip()}"
        else:
            entries.append(line)
    found = (entry.replace("``", "`").partition(": ") for entry in entries)
    return {name: text for name, _, text in found if text}


def _settings(generator: Any) -> dict[str, Any]:
    return {field.name: getattr(generator, field.name) for field in dataclasses.fields(generator)}


def _changed(config: Any) -> dict[str, Any]:
    """The settings that are not the default ones."""
    default = _settings(type(config)())
    return {name: value for name, value in _settings(config).items() if value != default[name]}


# Markdown.


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _list(meanings: Mapping[str, str]) -> str:
    return "\n".join(f"- `{name}`: {text}" for name, text in meanings.items())


def _words(names: Iterable[str]) -> str:
    """Names in a sentence."""
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def _value(value: Any) -> str:
    if value is None:
        return "-"
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in values)


def _returns(returns: Iterable[float]) -> list[str]:
    return [f"{value:.3f}" for value in returns]


def main(task_ids: Sequence[str]) -> None:
    """Writes the pages and pictures of tasks, of all without any, and the table of all tasks."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for task_id in task_ids or REGISTRY:
        task = load_task(task_id)
        (FOLDER / f"{task_id}.md").write_text(page(task))
        pairs_sheet(task, PAIRS, 0).save(FOLDER / f"{task_id}.png", optimize=True)
        print(f"wrote {FOLDER / task_id}.md and .png")
    (FOLDER / "README.md").write_text(index())


if __name__ == "__main__":
    main(sys.argv[1:])
