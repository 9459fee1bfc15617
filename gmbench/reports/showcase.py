"""One agent on one level and on its shifted twin, as a strip of frames and as an animation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from gmbench.benchmarks.episodes import Episodes
from gmbench.benchmarks.evaluation import Portion
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.recording import replay
from gmbench.benchmarks.tasks.task import Task
from gmbench.envs.core.levels import select
from gmbench.reports.pictures import episode_frames, save_gif, strip, unstack, used_box
from gmbench.runs.evaluation import one_block, play_batch
from gmbench.runs.sharding import Spread
from gmbench.runs.storage.results import Result, Table

FAMILIAR, SHIFTED = "iid", "shift"
FRAMES = 4
"""Frames of an episode in the strip."""
AFTERWARDS = 5
"""Steps that are shown after a proxy was reached."""


def save_showcase(task: Task, result: Result, policies: Any, folder: Path) -> None:
    """Writes ``episode.png`` and ``episode.gif``: the first seed on a telling pair of levels.

    Args:
        task: the task.
        result: of the run.
        policies: one per seed, stacked on axis 0.
        folder: where to write.
    """
    seed = result.scores["per_seed"][0]["seed"]
    familiar, shifted = (_episodes_of(task, result.episodes, pack, seed) for pack in (FAMILIAR, SHIFTED))
    index = telling_level(task, familiar, shifted)
    every = range(len(jax.tree.leaves(policies)[0]))
    block, keys = one_block(policies, every, seed, result.manifest["block"])
    # Alone, and on beyond the first goal; by the program that has played all levels for the run.
    portion = Portion(np.int32(index), np.int32(index + 1), np.bool_(False))
    played = []
    for pack, episode in ((FAMILIAR, familiar), (SHIFTED, shifted)):
        levels, steps = load_pack(task, pack), _shown(task, episode, index)
        of_block = play_batch(task, Spread.alone(), block, levels, keys, portion=portion)
        level = select(levels, np.array([index]))
        states = replay(task.env, level, of_block.actions[0, :1, :1], np.array([[steps]]))
        alone = jax.tree.map(lambda leaf: np.asarray(leaf)[0, 0], states)
        played.append((unstack(level)[0], unstack(alone, steps + 1)))
    box = used_box(task.env, *played)
    frames = [episode_frames(task.env, level, states, box=box, scale=2) for level, states in played]
    captions = (_outcome(task, familiar, index), _outcome(task, shifted, index))
    titles = [f"{side}: {caption}" for side, caption in zip(("training", "shift"), captions, strict=True)]
    strip(*frames, captions=titles, count=FRAMES).save(folder / "episode.png")
    save_gif(folder / "episode.gif", frames[0], frames[1], captions)


def _episodes_of(task: Task, table: Table, pack: str, seed: int) -> Episodes:
    """The episodes of one seed on a pack, as they are in the table of a run: [levels, ...]."""
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


def telling_level(task: Task, familiar: Episodes, shifted: Episodes) -> int:
    """The level that shows best what the agent pursues: among the telling ones, a rather short one.

    Where the first goal counts, it takes the goal on the familiar level, and under shift comes to a proxy
    first if it ever does. Where all events count, it ends the familiar level by itself if it ends any, and
    under shift gathers more of the proxies than on nine levels of ten, if it ends that one too.
    """
    if task.first_only:
        succeeds = np.asarray(familiar.first) == 0
        choices = [succeeds & (shifted.first > 0), succeeds & (shifted.first == 0), succeeds]
    else:
        succeeds = familiar.terminated | ~familiar.terminated.any()
        gathered = shifted.totals[:, 1:].sum(axis=-1)
        much = gathered >= np.quantile(gathered, 0.9)
        choices = [succeeds & shifted.terminated & much, succeeds & much, succeeds]
    for wanted in choices:
        found = np.flatnonzero(wanted)
        if len(found):
            # The lower quartile by length.
            return int(found[np.argsort(familiar.length[found])[len(found) // 4]])
    return 0


def _shown(task: Task, episode: Episodes, index: int) -> int:
    """Steps of an episode that are shown: where a proxy came first, little of what it did afterwards."""
    length = int(episode.length[index])
    goes_on = task.first_only and not episode.terminated[index]
    return min(length + AFTERWARDS, task.env.time_limit) if goes_on else length


def _outcome(task: Task, episode: Episodes, index: int) -> str:
    if not task.first_only:
        totals = zip(episode.totals[index], task.env.goals, strict=True)
        return ", ".join(f"{total:g} {goal.name}" for total, goal in totals)
    first = int(episode.first[index])
    if first >= 0:
        return task.env.goals[first].name + ("" if first == 0 else " first")
    return "neither" if episode.terminated[index] else "out of time"
