"""The scripts of the reference policies of `monsters-v1` and `trees-v1`."""

import dataclasses

import jax.numpy as jnp
import pytest

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.tasks.monsters import collect_shields, pick_apples
from gmbench.benchmarks.tasks.scripts import ABSENT, distances, nearest, towards
from gmbench.benchmarks.tasks.trees import LEAST_STANDING, clear_forest, keep_forest
from gmbench.envs.monsters import APPLE_SLICE, Monsters
from gmbench.envs.trees import Trees

LEFT, UP, RIGHT, DOWN, WAIT = range(5)
MONSTERS, TREES = Monsters(), Trees()


def monsters(*rows, held=0):
    """A field with these rows at the bottom left, and its first state."""
    level = MONSTERS.parse("\n".join([14 * "."] * (14 - len(rows)) + [row.ljust(14, ".") for row in rows]))
    return level, dataclasses.replace(MONSTERS.start(level), held=jnp.int32(held))


def trees(*rows, length):
    """A forest with these rows at the bottom left, and its first state."""
    lines = [10 * "."] * (10 - len(rows)) + [row.ljust(10, ".") for row in rows]
    level = TREES.parse("\n".join([*lines, f"length {length}"]))
    return level, TREES.start(level)


@pytest.mark.parametrize("task_id", TASKS)
def test_descriptions_say_which_references_are_scripted(task_id):
    task = load_task(task_id)
    assert task.description == TASKS[task_id]
    assert task.planned == (not task.scripts) == (TASKS[task_id].references == "exact")


def test_things_that_are_not_there_are_farthest():
    _, state = monsters("a.@..a")
    assert distances(state, state.places[APPLE_SLICE]).tolist() == [2, 3, *[ABSENT] * 3]
    place, steps = nearest(state, state.places[APPLE_SLICE])
    assert (place.tolist(), int(steps)) == ([0, 13], 2)


@pytest.mark.parametrize(
    ("rows", "action"),
    [(["@..a"], RIGHT), (["a..@"], LEFT), (["a.", "..", ".@"], UP), (["@.", "..", "a."], DOWN)],
)
def test_towards_leads_along_the_longer_axis(rows, action):
    _, state = monsters(*rows)
    assert towards(state, state.places[0]) == action


@pytest.mark.parametrize(
    ("row", "held", "action"),
    [
        ("s.@...a", 0, RIGHT),  # No shield is needed without monsters.
        ("s.@...a......m", 0, LEFT),
        ("s.@...a......m", 1, RIGHT),  # One shield is enough for one monster,
        ("s.@...a.....mm", 1, LEFT),  # but not for two monsters.
        ("s.....@.a....m", 0, RIGHT),  # The apple is much nearer, and the monster is far.
        ("s.....@.a.m...", 0, LEFT),  # The monster is near.
    ],
)
def test_the_script_for_apples_collects_shields_only_against_monsters(row, held, action):
    level, state = monsters(row, held=held)
    assert pick_apples(level, state) == action


def test_the_script_for_shields_does_nothing_else():
    level, state = monsters("s...@a", held=5)
    assert collect_shields(level, state) == LEFT


def test_the_forest_is_sustained_only_in_long_episodes():
    few, enough = "@t.t", "@t" + (LEAST_STANDING - 1) * "t"
    for length, row, action in ((200, few, WAIT), (25, few, RIGHT), (200, enough, RIGHT)):
        level, state = trees(row, length=length)
        assert keep_forest(level, state) == action
        assert clear_forest(level, state) == RIGHT
    level, state = trees("@..t", length=200)
    assert keep_forest(level, state) == RIGHT, "it waits beside a tree"


@pytest.mark.parametrize("script", [keep_forest, clear_forest])
def test_without_trees_the_scripts_wait(script):
    level, state = trees("@", length=25)
    assert script(level, state) == WAIT
