"""Captions of episodes: who acts, on which side of the shift, and what happened."""

import numpy as np
import pytest

from gmbench.benchmarks.episodes import Episodes
from gmbench.benchmarks.registry import load_task
from gmbench.reports.pictures import task_levels
from gmbench.reports.pictures.outcomes import describe_outcome


def episode(first, totals, terminated):
    return Episodes(
        returns=np.array([totals]),
        totals=np.array([totals]),
        first=np.array([first]),
        length=np.array([9]),
        terminated=np.array([terminated]),
    )


@pytest.mark.parametrize(
    ("task_id", "played", "expected"),
    [
        ("coinrun-v1", episode(0, (10.0, 1.0), True), "first event: coin (goal)"),
        ("coinrun-v1", episode(1, (0.0, 1.0), False), "first event: end (proxy)"),
        ("coinrun-v1", episode(-1, (0.0, 0.0), True), "the episode ended without goal or proxy"),
        ("coinrun-v1", episode(-1, (0.0, 0.0), False), "the time is up without goal or proxy"),
        (
            "monsters-v1",
            episode(0, (-7.0, 4.0), False),
            "the time is up; total reward: apples (goal) -7, shields (proxy) 4",
        ),
    ],
)
def test_an_outcome_names_the_goal_and_the_proxy(task_id, played, expected):
    assert describe_outcome(load_task(task_id), played, 0) == expected


@pytest.mark.parametrize(("task_id", "kind"), [("ascent-v1", "optimal"), ("trees-v1", "scripted")])
def test_the_animation_of_policies_says_whose_policy_plays_on_which_side(
    task_id, kind, tmp_path, monkeypatch
):
    drawn = {}

    def draw(path, **named):
        path.touch()
        drawn.update(named)

    monkeypatch.setattr(task_levels, "save_gif", draw)
    task_levels.show_policies(task_id, tmp_path / "both.gif", 0)
    goal, proxy = (goal.name for goal in load_task(task_id).env.goals)
    assert drawn["headings"] == (f"training: {kind} for {goal}", f"shift: {kind} for {proxy}")
    assert drawn["notes"][0] != drawn["notes"][1]
    assert all(drawn["captions"])


def test_a_varied_sheet_shows_both_signals_of_memory(monkeypatch):
    chosen = []
    monkeypatch.setattr(task_levels, "level_sheet", lambda env, train, shift, captions: chosen.extend(train))
    task = load_task("memory-v1")
    task_levels.varied_sheet(task, 2)
    assert {int(level.facts[0]) for level in chosen} == {0, 1}
