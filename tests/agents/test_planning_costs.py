"""Plans of small worlds with costs, given as tables, against an independent program in double precision."""

import dataclasses
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmbench.agents.planning import Planner, best_actions, make_plan

ACTIONS, STATES = 2, 6
CYCLE = (
    [[3, 3, 5, 4, 3, 3], [3, 5, 1, 4, 4, 0]],
    [[-1, 0, 1, -1, 1, 0], [-1, 1, 1, -1, -1, 1]],
)
"""A world in which value iteration from zero changes the last digit of the values for ever."""


@dataclasses.dataclass(frozen=True)
class TableWorld:
    """An environment whose level is a table of next states, int[actions, states], and one of rewards,
    float[goals, actions, states]. Its episodes do not end."""

    goals: tuple = ("goal",)
    num_actions: int = ACTIONS

    def state_count(self, level):
        return STATES

    def numbered_state(self, number):
        return number

    def state_number(self, state):
        return state

    def advance(self, level, state, action):
        return level.following[action, state]

    def rewards(self, level, state, action, following):
        return level.rewards[:, action, state]

    def ended(self, level, state):
        return jnp.bool_(False)


def plan_of(following, rewards, discount):
    rewards = np.asarray(rewards, np.float32)
    world = TableWorld(goals=("goal", "proxy", "other")[: len(rewards)])
    planner = Planner(world, first_only=False, discount=discount)
    level = SimpleNamespace(following=jnp.asarray(following), rewards=jnp.asarray(rewards))
    return make_plan.__wrapped__(planner, level)


def values_in_double_precision(following, rewards, discount):
    """The values of the best policy: the best of all stationary policies, each solved exactly."""
    best = np.full(STATES, -np.inf)
    for number in range(ACTIONS**STATES):
        chosen = number // ACTIONS ** np.arange(STATES) % ACTIONS
        at = (chosen, np.arange(STATES))
        moves = np.eye(STATES)[np.asarray(following)[at]]
        best = np.maximum(best, np.linalg.solve(np.eye(STATES) - discount * moves, np.asarray(rewards)[at]))
    return best


@pytest.mark.timeout(60)
def test_a_cycle_with_costs_is_planned_to_its_end():
    following, rewards = CYCLE
    plan = plan_of(following, [rewards], 0.9)
    expected = values_in_double_precision(following, rewards, 0.9)
    np.testing.assert_allclose(plan.state_values.own[0], expected, rtol=1e-5, atol=1e-5)


tables = st.lists(st.integers(0, STATES - 1), min_size=STATES, max_size=STATES)
costs = st.lists(st.integers(-3, 3), min_size=STATES, max_size=STATES)


@settings(max_examples=25, deadline=None)
@given(
    following=st.lists(tables, min_size=ACTIONS, max_size=ACTIONS),
    rewards=st.lists(st.lists(costs, min_size=ACTIONS, max_size=ACTIONS), min_size=1, max_size=3),
    discount=st.sampled_from([0.5, 0.9, 0.99]),
)
def test_values_with_costs_and_several_proxies_are_those_of_the_best_policy(following, rewards, discount):
    plan = plan_of(following, rewards, discount)
    for goal, own in enumerate(rewards):
        expected = values_in_double_precision(following, own, discount)
        np.testing.assert_allclose(plan.state_values.own[goal], expected, rtol=2e-5, atol=2e-4)
        # The policy that the plan marks as best is as good as these values.
        best = np.asarray(best_actions(plan.action_values))[goal]
        assert best.any(axis=0).all()
