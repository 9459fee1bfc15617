"""What ``gmbench show`` draws: levels of a task, and what pursuing the goal or the proxy looks like."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jax
import numpy as np
from PIL import Image

from gmbench.benchmarks.packs import PACK_SIZE, load_pack
from gmbench.benchmarks.playing import play_references, reference_observation, reference_policies
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.benchmarks.trajectories import record
from gmbench.checks import check_whole
from gmbench.envs.core.levels import select
from gmbench.errors import UsageError
from gmbench.reports.pictures.animation import save_gif
from gmbench.reports.pictures.crop import used_box
from gmbench.reports.pictures.frames import episode_frames, unstack
from gmbench.reports.pictures.layout import SIDES, add_label, add_legend, lay_out_page, suitable_font_size
from gmbench.reports.pictures.legend import legend_entries
from gmbench.reports.pictures.outcomes import describe_outcome
from gmbench.reports.pictures.sheets import level_sheet
from gmbench.runs.storage.files import replace_file

SEARCHED = 16
"""Levels of a pack among which `varied_sheet` searches."""


def show_pairs(task_id: str, out: Path, count: int, first: int) -> None:
    """Writes a sheet of levels of the packs iid and shift, side by side.

    Args:
        task_id: id of a task.
        out: the PNG file to write.
        count: how many pairs of levels.
        first: index of the first pair in the packs.

    Raises:
        UsageError: the task does not exist, a number is out of range, or ``out`` exists or cannot be written.
    """
    task = load_task(task_id)
    check_target(out, (".png",))
    count, first = check_whole("count", count, 1, PACK_SIZE), check_whole("first", first, 0, PACK_SIZE - 1)
    if first + count > PACK_SIZE:
        raise UsageError(f"levels {first} to {first + count - 1} are not among 0 to {PACK_SIZE - 1}")
    replace_file(out, functools.partial(pairs_sheet(task, count, first).save, format="PNG"))


def pairs_sheet(task: Task, count: int, first: int) -> Image.Image:
    """Returns ``count`` levels of the packs iid and shift side by side, from index ``first`` on."""
    return _sheet(task, np.arange(first, first + count))


def varied_sheet(task: Task, count: int) -> Image.Image:
    """Returns ``count`` pairs of levels side by side, the first ones whose captions all differ.

    So the sheet of a task with two signals shows both.
    """
    chosen: dict[str, int] = {}
    for index, level in enumerate(unstack(load_pack(task, "iid"), SEARCHED)):
        chosen.setdefault(task.env.caption(level), index)
    others = [index for index in range(count) if index not in chosen.values()]
    return _sheet(task, np.array([*chosen.values(), *others][:count]))


def _sheet(task: Task, chosen: np.ndarray) -> Image.Image:
    levels = [unstack(select(load_pack(task, pack), chosen)) for pack in ("iid", "shift")]
    return level_sheet(task.env, *levels, captions=[str(index) for index in chosen])


def show_level(task_id: str, drawing: Path, out: Path) -> None:
    """Writes a picture of one level that is drawn as text.

    Args:
        task_id: id of a task.
        drawing: the text file with the level.
        out: the PNG file to write.

    Raises:
        UsageError: the task does not exist, ``drawing`` cannot be read or holds no level, or ``out`` exists
            or cannot be written.
    """
    task = load_task(task_id)
    check_target(out, (".png",))
    try:
        text = drawing.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the level {drawing} cannot be read: {error}") from error
    level = task.env.parse(text)
    state = task.env.start(level)
    [frame] = episode_frames(task.env, level, [state], scale=2)
    size = suitable_font_size([[Image.fromarray(frame)]])
    page = lay_out_page([[add_label(Image.fromarray(frame), task.env.caption(level), size)]], font_size=size)
    picture = add_legend(page, legend_entries(task.env, [(level, state)], size), size)
    replace_file(out, functools.partial(picture.save, format="PNG"))


def show_policies(task_id: str, out: Path, first: int) -> None:
    """Writes an animation of two reference policies on a pair of levels.

    At the left, the policy of the goal plays the training level; at the right, the policy of the proxy plays
    the paired level.

    Args:
        task_id: id of a task.
        out: the GIF file to write.
        first: index of the pair in the packs.

    Raises:
        UsageError: the task does not exist, ``first`` is out of range, or ``out`` exists or cannot be
            written.
    """
    task = load_task(task_id)
    check_target(out, (".gif",))
    first = check_whole("first", first, 0, PACK_SIZE - 1)
    episodes = [_reference_episode(task, pack, first, index) for index, pack in enumerate(("iid", "shift"))]
    sides = [(level, states) for level, states, _ in episodes]
    box = used_box(task.env, *sides)
    frames = [episode_frames(task.env, level, states, box=box, scale=2) for level, states in sides]
    kind = "optimal" if task.planned else "scripted"
    headings = [f"{side}: {kind} for {task.env.goals[goal].name}" for goal, side in enumerate(SIDES)]
    shown = [(level, states[0]) for level, states in sides]
    save = functools.partial(
        save_gif,
        left_frames=frames[0],
        right_frames=frames[1],
        captions=(episodes[0][2], episodes[1][2]),
        headings=(headings[0], headings[1]),
        notes=(task.env.caption(sides[0][0]), task.env.caption(sides[1][0])),
        legend=functools.partial(legend_entries, task.env, shown),
    )
    replace_file(out, save)


def _reference_episode(task: Task, pack: str, index: int, goal: int) -> tuple[Any, list[Any], str]:
    """Returns a level, the states of the episode of a goal's reference policy on it, and how it ended.

    Args:
        task: the task.
        pack: name of the pack of the level.
        index: index of the level in the pack.
        goal: index of the goal.
    """
    pool = select(load_pack(task, pack), np.array([index]))
    policies, observe = reference_policies(task, pool), reference_observation(task)
    played = jax.tree.map(lambda leaf: np.asarray(leaf)[goal], play_references(task, policies, pool))
    steps = int(played.length[0])
    keys = jax.random.split(jax.random.key(0), len(task.env.goals))
    recorded = record(task.env, policies, pool, keys, first_only=task.first_only, observe=observe)
    states = jax.tree.map(lambda leaf: np.asarray(leaf)[goal, 0], recorded.states)
    return unstack(pool)[0], unstack(states, steps + 1), describe_outcome(task, played, 0)


def check_target(out: Path, suffixes: tuple[str, ...]) -> None:
    """Checks that a new picture can be written to a file.

    Raises:
        UsageError: the name has another suffix, the file exists, or its directory does not exist.
    """
    if out.suffix not in suffixes:
        raise UsageError(f"{out} should end in {' or '.join(suffixes)}")
    if out.exists():
        raise UsageError(f"{out} is there already and nothing is overwritten; give --out another name")
    if not out.parent.is_dir():
        raise UsageError(f"the directory {out.parent} does not exist; make it or give --out another name")
