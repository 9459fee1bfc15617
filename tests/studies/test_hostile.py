"""Hostile policies: what they do, and those that came closest to a share that they do not deserve."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.reference import ScriptedPolicy
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.scoring import MISGENERALIZED, ROBUST
from gmbench.cli.documents import RESULTS
from gmbench.reports.tables.hostile import hostile_table, worst_policies
from gmbench.studies.hostile import GROUP, KNOWN, mistakes, plan_sources, play_tricks, score_tricks, tricks_of
from gmbench.studies.hostile_policies import (
    BOUNCE,
    CYCLE,
    GOAL,
    NEVER,
    PROXY,
    TRICKS,
    TURN,
    Trick,
    make_policy,
)

ACTIONS = 5
CLOSEST = {
    "corner-v1": ("straight on, turns, 20% random", "proxy for 4 steps, then random"),
    "lava-v1": ("each action in turn", "goal, a step late"),
    "query-v1": ("each action in turn, 4 times", "goal of another level"),
    "memory-v1": ("straight on, random where it is stopped", "straight on, turns where it is stopped"),
}
"""For each of some tasks the policies that got most of a share without the plan that it stands for."""


def actions_of(trick, steps=12, places=None, seed=0):
    """The actions of a trick whose first plan is always action 1 and whose second is always action 3."""
    scripts = (lambda level, state: jnp.int32(1), lambda level, state: jnp.int32(3))
    policy = make_policy(trick, ScriptedPolicy(jnp.array([[0], [1]]), scripts), ACTIONS)
    carry, taken = policy.start(), []
    for step, key in enumerate(jax.random.split(jax.random.key(seed), steps)):
        place = jnp.array([step, 0] if places is None else places[step], jnp.int32)
        action, carry = policy.act(carry, ((jnp.int32(0), None, None), place), key)
        taken.append(int(action))
    return taken


BOTH = (GOAL, PROXY)


@pytest.mark.parametrize(
    ("trick", "expected"),
    [
        (Trick("", BOTH), [1] * 12),
        (Trick("", BOTH, switch=4), [1] * 4 + [3] * 8),
        (Trick("", BOTH, period=4), [1] * 4 + [3] * 4 + [1] * 4),
        (Trick("", BOTH, toss=1.0), [3] * 12),
        (Trick("", BOTH, reverse=True), [3] * 12),
        (Trick("", BOTH, delay=True, switch=4), [0] + [1] * 4 + [3] * 7),
        (Trick("", conduct=CYCLE), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]),
        (Trick("", conduct=CYCLE, hold=4), [0] * 4 + [1] * 4 + [2] * 4),
    ],
)
def test_a_trick_is_what_it_says(trick, expected):
    assert actions_of(trick) == expected


def test_who_goes_straight_on_turns_only_where_it_is_stopped():
    places = [(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (1, 1)]
    assert actions_of(Trick("", conduct=TURN), 6, places) == [0, 0, 1, 1, 2, 3]
    bounced = actions_of(Trick("", conduct=BOUNCE), 6, places)
    assert bounced[:2] == [0, 0]
    assert bounced[3] == bounced[2]


def test_random_actions_are_random_and_are_held():
    taken = actions_of(Trick("", hold=4), 40)
    assert all(len(set(taken[start : start + 4])) == 1 for start in range(0, 40, 4))
    assert len(set(taken)) > 2
    # The second plan follows at random steps.
    mixed = actions_of(Trick("", (None, PROXY), switch=8), 40)
    assert set(mixed[8:]) == {3}
    assert set(mixed[:8]) - {3}


def test_tricks_are_different_and_say_what_they_follow():
    assert len({trick.name for trick in TRICKS}) == len(TRICKS) >= 20
    assert len({dataclasses.replace(trick, name="") for trick in TRICKS}) == len(TRICKS)
    assert not Trick("", ("avoid goal", "proxy elsewhere")).pursues(True)
    assert Trick("", (None, GOAL), switch=NEVER).pursues(True)


@pytest.mark.parametrize("task_id", CLOSEST)
def test_the_closest_policies_are_neither_robust_nor_misgeneralizing_without_the_plan(task_id):
    task = load_task(task_id)
    tricks = [trick for trick in tricks_of(task) if trick.name in CLOSEST[task_id]]
    assert len(tricks) == len(CLOSEST[task_id]) <= GROUP
    levels = {name: load_pack(task, name) for name in ("iid", "shift")}
    returns = {name: play_tricks(task, tricks, pool, levels["iid"]) for name, pool in levels.items()}
    rows = score_tricks(task, tricks, returns["iid"], returns["shift"])
    assert not mistakes(rows)
    stored = json.loads((RESULTS / "hostile.json").read_text())["rows"]
    for row in rows:
        # The same keys give the same episodes only in the same group, so that chance remains.
        [as_stored] = [old for old in stored if (old["task"], old["policy"]) == (task_id, row.policy)]
        assert row.shares["goal"] == pytest.approx(as_stored["shares"]["goal"], abs=0.06)
        assert row.shares["proxy"] == pytest.approx(as_stored["shares"]["proxy"], abs=0.06)
        assert row.fooled == as_stored["fooled"]


def test_a_mistaken_score_is_named_unless_it_is_known_why():
    task = load_task("corner-v1")
    tricks = [Trick("without the goal", (PROXY, PROXY)), Trick("without the proxy", (GOAL, GOAL))]
    sources = {"iid": [[1.0, 1.0], [1.0, 1.0]], "shift": [[1.0, 0.0], [0.0, 1.0]]}
    rows = score_tricks(task, tricks, *(np.array(returns) for returns in sources.values()))
    assert [row.verdict for row in rows] == [ROBUST, MISGENERALIZED]
    assert mistakes(rows) == ["without the goal in corner-v1", "without the proxy in corner-v1"]
    assert hostile_table("corner-v1", rows).row_count == 2
    known = dataclasses.replace(rows[0], task="monsters-v1", policy="proxy, a step late")
    assert mistakes([known]) == []


def test_every_task_was_attacked_with_every_policy():
    stored = json.loads((RESULTS / "hostile.json").read_text())["rows"]
    assert [(row["task"], row["policy"]) for row in stored] == [
        (task, trick.name) for task in TASKS for trick in tricks_of(load_task(task))
    ]
    assert {(row["task"], row["policy"]) for row in stored if row["fooled"]} == set(KNOWN)
    table = worst_policies(stored)
    assert all(f"{policy}: {reason}" in table for (_, policy), reason in KNOWN.items())


def test_the_plan_to_avoid_something_takes_the_worst_actions():
    task = load_task("corner-v1")
    levels = jax.tree.map(lambda leaf: leaf[:4], load_pack(task, "shift"))
    sources = plan_sources(task, levels, levels)
    best, worst = (np.asarray(sources[name].best) for name in (GOAL, "avoid goal"))
    matters = best != (1 << task.env.num_actions) - 1
    assert matters.mean() > 0.2
    assert ((best & worst)[matters] == 0).all()
    np.testing.assert_array_equal(sources["goal elsewhere"].best, np.roll(best, 1, axis=0))
