"""Pictures of a task's levels, and of what its goal and its proxy would have an agent do."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
from PIL import Image

from gmbench.benchmarks.packs import PACK_SIZE, load_pack
from gmbench.benchmarks.playing import play_references, references, references_see
from gmbench.benchmarks.recording import record
from gmbench.benchmarks.tasks import load_task
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import select
from gmbench.envs.core.rendering import scene_image
from gmbench.errors import UsageError
from gmbench.reports.pictures import episode_frames, level_sheet, save_gif, unstack, used_box


def show_pairs(task_id: str, out: Path, count: int, first: int) -> None:
    """Writes a sheet of levels of the packs iid and shift, side by side.

    Raises:
        UsageError: an unknown task, a number out of range, or ``out`` cannot be written or is there already.
    """
    task = load_task(task_id)
    check_target(out, (".png",))
    if count < 1 or first < 0 or first + count > PACK_SIZE:
        raise UsageError(f"levels {first} to {first + count - 1} are not among 0 to {PACK_SIZE - 1}")
    pairs_sheet(task, count, first).save(out)


def pairs_sheet(task: Task, count: int, first: int) -> Image.Image:
    """Levels of the packs iid and shift side by side, ``count`` pairs from ``first`` on."""
    chosen = np.arange(first, first + count)
    levels = [unstack(select(load_pack(task, pack), chosen)) for pack in ("iid", "shift")]
    return level_sheet(task.env, *levels, captions=[str(index) for index in chosen])


def show_level(task_id: str, drawing: Path, out: Path) -> None:
    """Writes a picture of one level that is drawn in text.

    Raises:
        UsageError: an unknown task, no such drawing, no level in it, or ``out`` cannot be written.
    """
    task = load_task(task_id)
    check_target(out, (".png",))
    try:
        text = drawing.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the level {drawing} cannot be read: {error}") from error
    level = task.env.parse(text)
    state = task.env.start(level)
    box = used_box(task.env, (level, [state]))
    tile = 16 * 2
    image = scene_image(task.env, level, state, scale=2)
    image.crop((box.left * tile, box.top * tile, box.right * tile, box.bottom * tile)).save(out)


def show_policies(task_id: str, out: Path, first: int) -> None:
    """Writes an animation: the goal-optimal policy on a training level, the proxy-optimal one on its twin.

    Raises:
        UsageError: an unknown task, a number out of range, or ``out`` cannot be written or is there already.
    """
    task = load_task(task_id)
    check_target(out, (".gif",))
    if not 0 <= first < PACK_SIZE:
        raise UsageError(f"level {first} is not among 0 to {PACK_SIZE - 1}")
    goal, proxy = task.env.goals[0].name, task.env.goals[1].name
    sides = [_pursued(task, pack, first, index) for index, pack in enumerate(("iid", "shift"))]
    box = used_box(task.env, *sides)
    frames = [episode_frames(task.env, level, states, box=box, scale=2) for level, states in sides]
    save_gif(out, frames[0], frames[1], (goal, proxy), headings=(f"best for {goal}", f"best for {proxy}"))


def _pursued(task: Task, pack: str, index: int, goal: int) -> tuple[object, list[object]]:
    """A level of a pack, and the states of the episode of a goal's own policy on it."""
    pool = select(load_pack(task, pack), np.array([index]))
    policies, observe = references(task, pool), references_see(task)
    steps = int(play_references(task, policies, pool).length[goal, 0])
    keys = jax.random.split(jax.random.key(0), len(task.env.goals))
    recorded = record(task.env, policies, pool, keys, first_only=task.first_only, observe=observe)
    states = jax.tree.map(lambda leaf: np.asarray(leaf)[goal, 0], recorded.states)
    return unstack(pool)[0], unstack(states, steps + 1)


def check_target(out: Path, suffixes: tuple[str, ...]) -> None:
    """Whether a new picture can be written there.

    Raises:
        UsageError: it cannot.
    """
    if out.suffix not in suffixes:
        raise UsageError(f"{out} should end in {' or '.join(suffixes)}")
    if out.exists():
        raise UsageError(f"{out} is there already and nothing is overwritten; give --out another name")
    if not out.parent.is_dir():
        raise UsageError(f"the directory {out.parent} does not exist; make it or give --out another name")
