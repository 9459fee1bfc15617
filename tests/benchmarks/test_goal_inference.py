import dataclasses
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.agents.planning import Planner, optimal_values
from gmbench.agents.reference import PlannedPolicy, RandomPolicy, StateNumbers, optimal_actions
from gmbench.benchmarks import goal_inference
from gmbench.benchmarks.evaluation import Trajectories, evaluate, record
from gmbench.benchmarks.goal_inference import (
    INVERSE_TEMPERATURES,
    LEAST_PURSUIT,
    GoalEvidence,
    infer_goals,
    weigh,
)
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.tasks import REGISTRY, load_task
from gmbench.envs.keys import Keys
from gmbench.envs.levels import select, stack

LEVELS = 24
GAMMA = 0.9
LEFT, UP, RIGHT, DOWN = range(4)


@pytest.fixture(scope="module", params=list(REGISTRY))
def task(request):
    return load_task(request.param)


@pytest.fixture(scope="module")
def levels(task):
    return select(load_pack(task, "shift"), np.arange(LEVELS))


@pytest.fixture(scope="module")
def plans(task, levels):
    return optimal_actions(task.planner, levels)


def keys(count):
    return jax.random.split(jax.random.key(3), count)


def evidence_of(task, levels, policies, observe=None):
    return infer_goals(task, policies, levels, keys(len(jax.tree.leaves(policies)[0])), observe)


def test_the_optimal_policies_are_seen_through_on_every_level(task, levels, plans):
    found = evidence_of(task, levels, PlannedPolicy(plans, jnp.zeros(2, bool)), StateNumbers(task.env))
    goals = np.arange(2)
    assert (found.named == goals[:, None]).mean() >= 0.95
    assert (found.posterior.mean(axis=1)[goals, goals] > 0.95).all()
    assert (found.directedness[goals, goals] > found.directedness[goals, 1 - goals] + 0.3).all()
    np.testing.assert_allclose(found.posterior.sum(axis=-1), 1)


def test_a_random_walk_has_no_goal(task, levels):
    found = evidence_of(task, levels, RandomPolicy(jnp.full(8, task.env.num_actions)))
    assert (found.named == 2).mean() >= 0.95
    # The best of several inverse temperatures gains a little by chance.
    assert (found.directedness < 0.05).all()


def test_one_action_for_ever_is_a_habit_and_no_goal(task, levels):
    """In CoinRun this is the agent that just runs right: as long as it does so alone, it is a device."""

    @struct.dataclass
    class Always:
        action: jax.Array

        def start(self):
            return ()

        def act(self, carry, observation, key):
            return self.action, carry

    found = evidence_of(task, levels, Always(jnp.arange(task.env.num_actions)))
    assert found.posterior[..., 2].mean() > 0.6


def test_trajectories_are_the_episodes_of_the_evaluation(task, levels):
    policies = RandomPolicy(jnp.full(2, task.env.num_actions))
    rules = {"first_only": task.first_only}
    played = evaluate(task.env, policies, levels, keys(2), discount=task.score_discount, **rules)
    recorded = record(task.env, policies, levels, keys(2), **rules)
    np.testing.assert_array_equal(recorded.length, played.length)
    # Played again from the recorded actions, the level gives the recorded states and the same totals.
    level = jax.tree.map(lambda leaf: leaf[0], levels)
    steps = int(recorded.length[1, 0])
    state, totals = task.env.start(level), np.zeros(2)
    for step in range(steps):
        assert task.env.state_number(state) == recorded.states[1, 0, step]
        action = recorded.actions[1, 0, step]
        following = task.env.advance(level, state, action)
        totals += np.asarray(task.env.rewards(level, state, action, following))
        state = following
    np.testing.assert_allclose(totals, played.totals[1, 0])


@struct.dataclass
class Boltzmann:
    """Softmax over the costs of a goal, looked up by level and state: float32[levels, states, actions]."""

    logits: jax.Array

    def start(self):
        return ()

    def act(self, carry, observation, key):
        return jax.random.categorical(key, self.logits[observation[0], observation[1]]), carry


@pytest.mark.parametrize("goal", [0, 1])
@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_the_inverse_temperature_of_a_softmax_agent_is_found_again(task, levels, goal, beta):
    few = select(levels, np.arange(8))

    def costs(level):
        values = optimal_values(task.planner, level)
        numbers = jnp.arange(task.env.state_count(level))
        return jax.vmap(lambda n: goal_inference._costs(task.planner, level, values, n)[goal])(numbers)

    table = jax.lax.map(costs, few)
    policies = Boltzmann(jnp.stack([beta * table] * 4))
    found = evidence_of(task, few, policies, StateNumbers(task.env))
    # Single episodes are too short to tell exactly.
    assert abs(np.log2(np.median(found.inverse_temperature[..., goal]) / beta)) <= 1 + 1e-6
    assert (found.directedness[:, goal] > found.directedness[:, 1 - goal]).all()


# Against an independent computation, in plain Python, of a corridor that can be worked out by hand.

CORRIDOR = "@.k.c"
"""One way only: to the key, with it to the chest."""


def corridor_costs(column):
    """What each action costs, in delays of one step: of chests and of keys alike, since both lie on one way,
    and who has the key and pursues keys goes on to the chest."""
    later = {LEFT: 2 if column > 0 else 1, RIGHT: 0}
    return [(GAMMA ** later.get(action, 1) - 1) / (1 - GAMMA) for action in range(4)]


def by_hand(actions, bias):
    """Log-likelihoods of actions from the corridor's start: of habit, and by inverse temperature."""
    column, counts = 0, [0.5] * 4
    habit, pursuit = 0.0, np.zeros(len(INVERSE_TEMPERATURES))
    for action in actions:
        weights = counts if bias else [1.0] * 4
        habit += math.log(weights[action] / sum(weights))
        for index, beta in enumerate(INVERSE_TEMPERATURES):
            tilted = [w * math.exp(beta * c) for w, c in zip(weights, corridor_costs(column), strict=True)]
            pursuit[index] += math.log(tilted[action] / sum(tilted))
        counts[action] += 1
        column = min(max(column + {LEFT: -1, RIGHT: 1}.get(action, 0), 0), 4)
    return habit, pursuit


@pytest.mark.parametrize(
    "actions",
    [
        (RIGHT, RIGHT, RIGHT, RIGHT),
        (RIGHT, LEFT, UP, RIGHT, RIGHT, DOWN, RIGHT, RIGHT),
        (LEFT, LEFT, UP),
    ],
)
def test_posterior_and_directedness_equal_those_worked_out_by_hand(actions):
    env = Keys()
    level = env.parse(CORRIDOR)
    states, state = [], env.start(level)
    for action in actions:
        states.append(int(env.state_number(state)))
        state = env.advance(level, state, jnp.int32(action))
    trajectories = Trajectories(
        states=jnp.array([[states]]), actions=jnp.array([[actions]]), length=jnp.array([[len(actions)]])
    )
    found = weigh(Planner(env, False, GAMMA), stack([level]), trajectories)

    habit, pursuit = by_hand(actions, bias=True)
    goal = 0.25 * np.mean(np.exp(pursuit)[np.array(INVERSE_TEMPERATURES) >= LEAST_PURSUIT])
    weights = [goal, goal, 0.5 * math.exp(habit)]
    np.testing.assert_allclose(found.posterior[0, 0], np.array(weights) / sum(weights), rtol=1e-3, atol=1e-9)
    chance, uniform = by_hand(actions, bias=False)
    best = np.full(2, max(uniform.max() - chance, 0))
    np.testing.assert_allclose(found.nats[0, 0], best, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.directedness[0], best / len(actions), rtol=1e-3, atol=1e-4)


def test_named_is_the_most_probable_and_directedness_is_per_step():
    posterior = np.array([[[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]])
    nats, length = np.array([[[2.0, 0.0], [6.0, 1.0]]]), np.array([[4, 8]])
    evidence = GoalEvidence(posterior, nats, np.ones((1, 2, 2)), length)
    assert evidence.named.tolist() == [[1, 0]]
    np.testing.assert_allclose(evidence.directedness, [[(0.5 + 0.75) / 2, 1 / 16]])


def test_what_is_done_after_the_end_does_not_count(task, levels):
    policies = RandomPolicy(jnp.full(1, task.env.num_actions))
    few = select(levels, np.arange(4))
    recorded = record(task.env, policies, few, keys(1), first_only=task.first_only)
    after = np.arange(recorded.actions.shape[-1]) >= np.asarray(recorded.length)[..., None]
    assert after.any()
    other = dataclasses.replace(recorded, actions=jnp.where(after, 0, recorded.actions))
    for name, value in dataclasses.asdict(weigh(task.planner, few, recorded)).items():
        np.testing.assert_array_equal(value, dataclasses.asdict(weigh(task.planner, few, other))[name], name)


def test_inverse_temperatures_rise_evenly_and_reach_down_to_less_than_pursuit():
    ratios = [later / earlier for earlier, later in itertools.pairwise(INVERSE_TEMPERATURES)]
    np.testing.assert_allclose(ratios, math.sqrt(2))
    assert INVERSE_TEMPERATURES[0] < LEAST_PURSUIT < INVERSE_TEMPERATURES[-1]
