"""Scripted reference policies: a task with scripts is frozen, calibrated and evaluated as a planned task
is."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.reference import ScriptedPolicy
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.freeze import reference_returns
from gmbench.benchmarks.playing import play_references, reference_episodes, reference_policies
from gmbench.benchmarks.probes import mix_policies
from gmbench.benchmarks.registry import load_task
from gmbench.envs.corner import Corner
from gmbench.runs.evaluation import infer_packs
from gmbench.runs.sharding import Placement
from gmbench.runs.storage.tables import goals_table
from tests.pools import stack

LEFT, RIGHT = 0, 2
CHEESE, CORNER = 0, 1
ENV = Corner()
LEVELS = stack([ENV.parse(drawing) for drawing in ("c..@.x", ".@..cx", "c.@..x")])
"""Corridors, some with the cheese on the left of the agent."""


def towards(thing, level, state):
    """A script that goes to a thing in the same row."""
    return jnp.where(level.places[thing, 0] < state.x, LEFT, RIGHT)


def to_cheese(level, state):
    return towards(CHEESE, level, state)


def to_corner(level, state):
    return towards(CORNER, level, state)


@pytest.fixture(scope="module")
def task():
    """A task whose description says that its references are scripted."""
    return dataclasses.replace(
        load_task("coinrun-v1"),
        description=dataclasses.replace(TASKS["coinrun-v1"], references="scripted"),
        env=ENV,
        scripts={"cheese": to_cheese, "corner": to_corner},
        score_discount=0.5,
    )


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
    # A mixture of two policies follows the second script on every other level.
    members = np.array([[CHEESE, CORNER, CHEESE], [CORNER, CHEESE, CORNER]])
    mixed = mix_policies(reference_policies(task, LEVELS), members)
    np.testing.assert_array_equal(mixed.chosen, members)


def test_scripts_leave_no_ties_and_plans_do(task):
    policies = reference_policies(task, LEVELS)
    assert policies.tie_breaks() == (policies,)
    exact = dataclasses.replace(task, description=TASKS["coinrun-v1"], scripts={})
    planned = reference_policies(exact, LEVELS)
    first, last = planned.tie_breaks()
    assert not first.last.any()
    assert last.last.all()
    np.testing.assert_array_equal(first.best, last.best)


@pytest.mark.parametrize("scripts", [{}, {"cheese": to_cheese}])
def test_a_task_with_scripted_references_needs_a_script_for_each_goal(task, scripts):
    with pytest.raises(ValueError, match=r"a script for each of \['cheese', 'corner'\]"):
        dataclasses.replace(task, scripts=scripts)


def test_a_task_with_exact_references_cannot_have_scripts(task):
    with pytest.raises(ValueError, match="coinrun-v1 has scripts, but"):
        dataclasses.replace(task, description=TASKS["coinrun-v1"])


def test_goals_are_not_inferred_where_nothing_is_planned(task):
    evidence = infer_packs(task, Placement.one_device(), {}, {})
    assert evidence == {}
    table = goals_table(task, evidence, range(2))
    assert len(table["pack"]) == 0
    assert "iid" not in table["pack"]
