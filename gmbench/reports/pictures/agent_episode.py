"""One trained agent on a training level and on its paired level: a strip of frames and an animation."""

from __future__ import annotations

import functools
import textwrap
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.benchmarks.episodes import Episodes
from gmbench.benchmarks.evaluation import Portion
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.tasks.task import Task
from gmbench.benchmarks.trajectories import replay
from gmbench.envs.core.annotations import Dot
from gmbench.envs.core.levels import select
from gmbench.reports.pictures.animation import save_gif
from gmbench.reports.pictures.crop import used_box
from gmbench.reports.pictures.frames import TRAIL, episode_frames, unstack
from gmbench.reports.pictures.layout import SIDES
from gmbench.reports.pictures.legend import legend_entries
from gmbench.reports.pictures.outcomes import describe_outcome
from gmbench.reports.pictures.sheets import strip
from gmbench.runs.evaluation import one_block, play_batch
from gmbench.runs.sharding import Placement
from gmbench.runs.storage.parquet import Table
from gmbench.runs.storage.results import Result

TRAINING, SHIFTED = "iid", "shift"
"""The packs of the two levels."""
LINE = 26
"""The longest line of the texts beside the strip, in characters."""
FRAMES = 4
"""Frames of each episode in the strip."""
EXTRA_STEPS = 5
"""Steps that are shown after the first goal or proxy was reached, if the episode can continue."""


def save_showcase(task: Task, result: Result, policies: Any, folder: Path) -> None:
    """Writes ``episode.png`` and ``episode.gif``: the first seed on a pair of distinguishing levels.

    Args:
        task: the task.
        result: the scored result of a run.
        policies: the policies of the run, one per seed, stacked on axis 0.
        folder: the directory to write to.
    """
    seed = result.scores["per_seed"][0]["seed"]
    training, shifted = (_episodes_of(task, result.episodes, pack, seed) for pack in (TRAINING, SHIFTED))
    index = distinguishing_level(task, training, shifted)
    every = range(result.manifest["seeds"])
    block, keys = one_block(policies, every, seed, result.manifest["block"])
    # The level is played alone and beyond the first goal, by the program that played all levels of the run.
    portion = Portion(np.int32(index), np.int32(index + 1), np.bool_(False))
    played = []
    for pack, episodes in ((TRAINING, training), (SHIFTED, shifted)):
        levels, steps = load_pack(task, pack), _steps_shown(task, episodes, index)
        of_block = play_batch(task, Placement.one_device(), block, levels, keys, portion=portion)
        level = select(levels, np.array([index]))
        states = replay(task.env, level, of_block.actions[0, :1, :1], np.array([[steps]]))
        alone = jax.tree.map(lambda leaf: np.asarray(leaf)[0, 0], states)
        played.append((unstack(level)[0], unstack(alone, steps + 1)))
    box = used_box(task.env, *played)
    frames = [
        episode_frames(task.env, level, states, box=box, scale=2, trail=True) for level, states in played
    ]
    captions = (
        describe_outcome(task, training, index),
        describe_outcome(task, shifted, index),
    )
    notes = [task.env.caption(level) for level, _ in played]
    who = f"level {index}, seed {seed}"
    titles = [
        "\n".join((side, who, *textwrap.wrap(note, LINE), *textwrap.wrap(caption, LINE)))
        for side, note, caption in zip(SIDES, notes, captions, strict=True)
    ]
    shown = [(level, states[0]) for level, states in played]
    path = Dot(0, 0, meaning=f"where the agent was in the last {TRAIL} steps")
    legend = functools.partial(legend_entries, task.env, shown, extra=[path])
    strip(*frames, captions=titles, count=FRAMES, legend=legend).save(folder / "episode.png")
    headings = (f"{SIDES[0]}, {who}", f"{SIDES[1]}, {who}")
    save_gif(
        folder / "episode.gif",
        frames[0],
        frames[1],
        captions,
        headings=headings,
        notes=(notes[0], notes[1]),
        legend=legend,
    )


def _episodes_of(task: Task, table: Table, pack: str, seed: int) -> Episodes:
    """Returns the episodes of one seed on a pack, [levels, ...], from the table of episodes of a run."""
    rows = np.flatnonzero((table["pack"] == pack) & (table["seed"] == seed))
    rows = rows[np.argsort(table["level"][rows])]
    goals = [goal.name for goal in task.env.goals]
    number = {name: index for index, name in enumerate(goals)}
    columns: dict[str, Any] = {
        "returns": np.stack([table[f"return_{goal}"][rows] for goal in goals], axis=-1),
        "totals": np.stack([table[f"total_{goal}"][rows] for goal in goals], axis=-1),
        "first": np.array([number.get(name, -1) for name in table["first"][rows]]),
        "length": table["length"][rows],
        "terminated": table["end"][rows] == "terminated",
    }
    return Episodes(**columns)


def distinguishing_level(task: Task, training: Episodes, shifted: Episodes) -> int:
    """Returns the index of a level that shows what the agent pursues: a rather short one of those that do.

    If only the first event counts, the agent reaches the goal on the training level and, under shift, a
    proxy first; failing that, the goal. If all events count, the agent ends the training level by itself (if
    it ends any) and gathers more of the proxies on the paired level than on nine tenths of the levels,
    preferably on one that it also ends.

    Args:
        task: the task.
        training: the episodes of one seed on the training levels, [levels].
        shifted: its episodes on the paired levels, [levels].
    """
    if task.first_only:
        succeeds = np.asarray(training.first) == 0
        choices = [succeeds & (shifted.first > 0), succeeds & (shifted.first == 0), succeeds]
    else:
        succeeds = training.terminated | ~training.terminated.any()
        gathered = shifted.totals[:, 1:].sum(axis=-1)
        much = gathered >= np.quantile(gathered, 0.9)
        choices = [succeeds & shifted.terminated & much, succeeds & much, succeeds]
    for wanted in choices:
        found = np.flatnonzero(wanted)
        if len(found):
            # The lower quartile by the length of the episode.
            return int(found[np.argsort(training.length[found])[len(found) // 4]])
    return 0


def _steps_shown(task: Task, episodes: Episodes, index: int) -> int:
    """Returns how many steps of an episode to show: up to its end, or a few more if it can continue."""
    length = int(episodes.length[index])
    can_continue = task.first_only and not episodes.terminated[index]
    return min(length + EXTRA_STEPS, task.env.time_limit) if can_continue else length
