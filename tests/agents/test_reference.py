"""Reference policies that are scripted: a task with scripts goes through all that a planned one does."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.reference import ScriptedPolicy
from gmbench.benchmarks.calibration import _mixed
from gmbench.benchmarks.freeze import reference_returns
from gmbench.benchmarks.playing import play_references, reference_episodes, references
from gmbench.benchmarks.tasks import load_task
from gmbench.envs.core.levels import stack
from gmbench.envs.corner import Corner
from gmbench.runs.evaluation import infer_packs
from gmbench.runs.sharding import Spread
from gmbench.runs.storage.tables import goals_table

LEFT, RIGHT = 0, 2
CHEESE, CORNER = 0, 1
ENV = Corner()
LEVELS = stack([ENV.parse(drawing) for drawing in ("c..@.x", ".@..cx", "c.@..x")])
"""Corridors, some with the cheese at the left."""


def towards(thing, level, state):
    """A script: to a thing in the same row."""
    return jnp.where(level.places[thing, 0] < state.x, LEFT, RIGHT)


def to_cheese(level, state):
    return towards(CHEESE, level, state)


def to_corner(level, state):
    return towards(CORNER, level, state)


@pytest.fixture(scope="module")
def task():
    scripts = {"cheese": to_cheese, "corner": to_corner}
    return dataclasses.replace(load_task("coinrun-v1"), env=ENV, scripts=scripts, score_discount=0.5)


def test_every_script_pursues_its_goal_on_every_level(task):
    assert not task.planned
    episodes = reference_episodes(task, LEVELS)
    np.testing.assert_array_equal(episodes.first, [[CHEESE] * 3, [CORNER, CHEESE, CORNER]])
    np.testing.assert_array_equal(episodes.length, [[3, 3, 2], [2, 3, 3]])
    returns = reference_returns(task, LEVELS)
    assert returns["cheese"] == {"cheese": pytest.approx((0.25 + 0.25 + 0.5) / 3), "corner": 0.0}
    assert returns["corner"]["corner"] == pytest.approx((0.5 + 0.25) / 3)


def test_a_policy_may_follow_another_script_on_each_level(task):
    chosen = jnp.array([[CORNER, CHEESE, CORNER], [CHEESE, CORNER, CHEESE]])
    policies = ScriptedPolicy(chosen, tuple(task.scripts.values()))
    assert play_references(task, policies, LEVELS).first[0].tolist() == [CORNER, CHEESE, CORNER]
    # The even mixture has on every other level what the second script does.
    mixed = _mixed(references(task, LEVELS))
    np.testing.assert_array_equal(mixed.chosen, [[CHEESE, CORNER, CHEESE], [CORNER, CHEESE, CORNER]])


def test_scripts_leave_no_ties_and_plans_do(task):
    policies = references(task, LEVELS)
    assert policies.ways() == (policies,)
    planned = references(dataclasses.replace(task, scripts={}), LEVELS)
    first, last = planned.ways()
    assert not first.last.any()
    assert last.last.all()
    np.testing.assert_array_equal(first.best, last.best)


def test_a_task_has_a_script_for_each_goal_or_for_none(task):
    with pytest.raises(ValueError, match=r"a script for each of \['cheese', 'corner'\]"):
        dataclasses.replace(task, scripts={"cheese": to_cheese})


def test_goals_are_not_inferred_where_nothing_is_planned(task):
    evidence = infer_packs(task, Spread.alone(), {}, {})
    assert evidence == {}
    table = goals_table(task, evidence, range(2))
    assert len(table["pack"]) == 0
    assert "iid" not in table["pack"]
