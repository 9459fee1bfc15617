"""Planned references of every task against an independent dynamic programme in plain Python.

The programme shares with the planner only the dynamics of the environment. It finds the states by walking
from the start, tells them apart by their bytes and not by their numbers, and computes in double precision.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import make_plan
from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.playing import play_references, reference_policies
from gmbench.benchmarks.registry import load_task
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.levels import select

PLANNED = [name for name in TASKS if load_task(name).planned]
LEVELS = 3
WIDE = 256
"""Number of states whose outcomes are computed at once."""
TIE = 1e-5
"""Two actions are equally good if their values differ by less than this fraction."""


@functools.partial(jax.jit, static_argnums=0)
def outcomes(env, level, states):
    """What follows each state by each action: states, rewards, and whether the episode ends there."""

    def outcome(state, action):
        following = env.advance(level, state, action)
        return following, env.rewards(level, state, action, following), env.ended(level, following)

    of_actions = jax.vmap(outcome, (None, 0))
    return jax.vmap(of_actions, (0, None))(states, jnp.arange(env.num_actions))


class World:
    """The states of a level that can be reached from its start.

    Attributes:
        moves: list of lists of the index of the next state by state and action; None if the episode is over.
        rewards: float64[states, actions, goals].
    """

    def __init__(self, planner, level):
        self.actions = planner.env.num_actions
        start = jax.tree.map(np.asarray, planner.env.start(level))
        self._treedef = jax.tree.structure(start)
        self._found, states = {self._bytes(start): 0}, [start]
        self.moves, rewards = [], []
        while len(self.moves) < len(states):
            batch = states[len(self.moves) : len(self.moves) + WIDE]
            padded = batch + [start] * (WIDE - len(batch))
            stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *padded)
            following, paid, ended = jax.tree.map(np.asarray, outcomes(planner.env, level, stacked))
            rewards.append(paid[: len(batch)].astype(float))
            over = ended | (planner.first_only & (paid != 0).any(axis=-1))
            leaves = jax.tree.leaves(following)
            for row in range(len(batch)):
                own = []
                for action in range(self.actions):
                    if over[row, action]:
                        own.append(None)
                        continue
                    state = jax.tree.unflatten(self._treedef, [leaf[row, action] for leaf in leaves])
                    name = self._bytes(state)
                    if name not in self._found:
                        self._found[name] = len(states)
                        states.append(state)
                    own.append(self._found[name])
                self.moves.append(own)
        self.rewards = np.concatenate(rewards)

    @staticmethod
    def _bytes(state):
        return b"|".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(state))


def best_values(world, rewards, discount):
    """The values of the best policy: states, and states by actions.

    Args:
        world: the states.
        rewards: list of lists of rewards by state and action; None where an action is not allowed.
        discount: discount per step.
    """
    values, change = [0.0] * len(rewards), 1.0
    while change > 1e-10:
        change = 0.0
        for state in reversed(range(len(rewards))):
            best = max(of_actions(world, rewards, discount, values, state))
            change, values[state] = max(change, abs(best - values[state])), best
    return values, [of_actions(world, rewards, discount, values, state) for state in range(len(rewards))]


def of_actions(world, rewards, discount, values, state):
    """The value of every action in a state."""
    return [
        -float("inf")
        if reward is None
        else reward + (0.0 if following is None else discount * values[following])
        for reward, following in zip(rewards[state], world.moves[state], strict=True)
    ]


def marked(actions):
    """Marks the best actions of every state."""
    tops = [max(own) for own in actions]
    return [[value >= top - TIE * abs(top) for value in own] for own, top in zip(actions, tops, strict=True)]


def programme(world, planner, goal):
    """The best policy for a goal, and among these the best for the intended goal.

    Returns:
        Its values on its own goal and on the intended one at the start, and the first of its best actions in
        every state.
    """
    own_rewards = world.rewards[:, :, goal].tolist()
    values, actions = best_values(world, own_rewards, planner.discount)
    best = marked(actions)
    if planner.first_only:
        return values[0], None, [own.index(True) for own in best]
    allowed = [
        [reward if good else None for reward, good in zip(own, goods, strict=True)]
        for own, goods in zip(world.rewards[:, :, 0].tolist(), best, strict=True)
    ]
    intended, actions = best_values(world, allowed, planner.discount)
    return values[0], intended[0], [own.index(True) for own in marked(actions)]


def follow(world, chosen, limit, discount):
    """The returns on all goals of the policy that takes the chosen actions."""
    state, returns = 0, np.zeros(world.rewards.shape[-1])
    for time in range(limit):
        returns += discount**time * world.rewards[state, chosen[state]]
        state = world.moves[state][chosen[state]]
        if state is None:
            break
    return returns


def check(task, levels):
    """Compares plans, played episodes and the programme on some levels."""
    planner = task.planner
    played = np.asarray(play_references(task, reference_policies(task, levels), levels).returns)
    differences = 0
    for index in range(LEVELS):
        level = select(levels, index)
        world = World(planner, level)
        plan = make_plan(planner, level)
        start = int(planner.env.state_number(planner.env.start(level)))
        returns = []
        for goal in range(len(planner.env.goals)):
            own, intended, chosen = programme(world, planner, goal)
            assert float(plan.state_values.own[goal, start]) == pytest.approx(own, rel=1e-4, abs=1e-5)
            if intended is not None:
                assert float(plan.state_values.intended[goal, start]) == pytest.approx(
                    intended, rel=1e-4, abs=1e-5
                )
            returns.append(follow(world, chosen, planner.env.time_limit, task.score_discount))
            np.testing.assert_allclose(played[goal, index], returns[-1], rtol=1e-4, atol=1e-5)
        differences += not np.allclose(returns, returns[0])
    return differences


@pytest.mark.parametrize("task_id", PLANNED)
def test_the_planned_optimum_is_that_of_a_plain_programme_and_of_the_episodes_played(task_id):
    task = load_task(task_id)
    # On these levels the references of the goals come apart, so that the comparison has something to find.
    assert check(task, select(load_pack(task, "shift"), np.arange(LEVELS))) == LEVELS


def _at_the_right_wall(level, state, action, following):
    """+1 for arriving at the right edge of the largest room."""
    return 1.0 * ((following.x > state.x) & (following.x >= 8))


def _steps_down(level, state, action, following):
    """+1 for every step down, -1 for every step up."""
    return 1.0 * (following.y - state.y)


RIGHT, DOWN = Goal("right", _at_the_right_wall), Goal("down", _steps_down)


@pytest.mark.parametrize(
    ("task_id", "more"),
    [
        # In lava-v1 all rewards count, and two of four goals have costs. In corner-v1 the first event counts.
        ("lava-v1", (RIGHT, DOWN)),
        ("corner-v1", (RIGHT,)),
    ],
)
def test_several_proxies_with_costs_are_planned_as_the_programme_does(task_id, more):
    task = load_task(task_id)
    env = dataclasses.replace(task.env, goals=(*task.env.goals, *more))
    assert check(dataclasses.replace(task, env=env), select(load_pack(task, "shift"), np.arange(LEVELS))) >= 2
