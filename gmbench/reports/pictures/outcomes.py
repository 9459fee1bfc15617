"""Outcomes: how an episode ended, in words for a caption."""

from __future__ import annotations

from typing import Any

from gmbench.benchmarks.episodes import Episodes
from gmbench.benchmarks.tasks.task import Task


def describe_outcome(task: Task, episodes: Episodes, index: int) -> str:
    """Returns what happened in an episode, in a few words.

    Args:
        task: the task.
        episodes: the episodes of one policy, [levels, ...].
        index: index of the level.
    """
    names = [
        f"{goal.name} ({'goal' if number == 0 else 'proxy'})" for number, goal in enumerate(task.env.goals)
    ]
    ended = "the episode ended" if episodes.terminated[index] else "the time is up"
    if not task.first_only:
        totals: list[Any] = [
            f"{name} {total:g}" for name, total in zip(names, episodes.totals[index], strict=True)
        ]
        return f"{ended}; total reward: {', '.join(totals)}"
    first = int(episodes.first[index])
    return f"first event: {names[first]}" if first >= 0 else f"{ended} without goal or proxy"
