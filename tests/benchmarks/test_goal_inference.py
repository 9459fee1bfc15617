import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.agents.planning import Planner, make_plan
from gmbench.agents.reference import PlannedPolicy, RandomPolicy, StateNumbers, optimal_actions
from gmbench.benchmarks import goal_inference
from gmbench.benchmarks.evaluation import evaluate
from gmbench.benchmarks.goal_inference import (
    INVERSE_TEMPERATURES,
    LAPSES,
    PURSUITS,
    GoalEvidence,
    compute_evidence,
)
from gmbench.benchmarks.packs import load_pack
from gmbench.benchmarks.playing import play_with_actions
from gmbench.benchmarks.trajectories import record
from gmbench.envs.core.levels import select
from gmbench.envs.keys import Keys
from tests.pools import stack

LEVELS = 24
GAMMA = 0.9
LEFT, UP, RIGHT, DOWN = range(4)


@pytest.fixture(scope="module")
def task(either_task):
    return either_task


@pytest.fixture(scope="module")
def levels(task):
    return select(load_pack(task, "shift"), np.arange(LEVELS))


@pytest.fixture(scope="module")
def plans(task, levels):
    return optimal_actions(task.planner, levels)


def keys(count):
    return jax.random.split(jax.random.key(3), count)


def evidence_of(task, levels, policies, observe=None):
    """The evidence of one episode of each policy on each level."""
    policy_keys = keys(len(jax.tree.leaves(policies)[0]))
    played = play_with_actions(task, policies, levels, policy_keys, observe)
    return compute_evidence(task.planner, levels, played.actions, played.episodes.length)


def test_the_goals_of_optimal_policies_are_inferred_on_every_level(task, levels, plans):
    found = evidence_of(task, levels, PlannedPolicy(plans, jnp.zeros(2, bool)), StateNumbers(task.env))
    goals = np.arange(2)
    assert (found.named == goals[:, None]).mean() >= 0.95
    assert (found.posterior.mean(axis=1)[goals, goals] > 0.95).all()
    assert (found.directedness[goals, goals] > found.directedness[goals, 1 - goals] + 0.3).all()
    np.testing.assert_allclose(found.posterior.sum(axis=-1), 1)


def test_the_random_policy_has_no_goal(task, levels):
    found = evidence_of(task, levels, RandomPolicy(jnp.full(8, task.env.num_actions)))
    assert (found.named == 2).mean() >= 0.95
    # The best of several inverse temperatures gains a little by chance.
    assert (found.directedness < 0.05).all()


def test_repeating_one_action_is_a_habit_and_no_goal(task, levels):
    """In CoinRun this includes the agent that only runs right, which a habit explains."""

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
    # Replayed with the recorded actions, the level gives the recorded states and the same totals.
    level = jax.tree.map(lambda leaf: leaf[0], levels)
    steps = int(recorded.length[1, 0])
    advance, rewards = jax.jit(task.env.advance), jax.jit(task.env.rewards)
    state, totals = task.env.start(level), np.zeros(2)
    for step in range(steps):
        then = jax.tree.map(lambda leaf, step=step: leaf[1, 0, step], recorded.states)
        jax.tree.map(np.testing.assert_array_equal, state, then)
        action = recorded.actions[1, 0, step]
        following = advance(level, state, action)
        totals += np.asarray(rewards(level, state, action, following))
        state = following
    np.testing.assert_allclose(totals, played.totals[1, 0])


@struct.dataclass
class Boltzmann:
    """A softmax policy with logits for each level and state: float32[levels, states, actions]."""

    logits: jax.Array

    def start(self):
        return ()

    def act(self, carry, observation, key):
        return jax.random.categorical(key, self.logits[observation[0], observation[1]]), carry


@pytest.mark.parametrize("goal", [0, 1])
@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_the_inverse_temperature_of_a_softmax_policy_is_recovered(task, levels, goal, beta):
    few = select(levels, np.arange(8))

    def advantages(level):
        values = make_plan(task.planner, level).action_values
        return jax.vmap(lambda of_state: goal_inference._advantages(task.planner, of_state)[goal], -1)(values)

    table = jax.lax.map(advantages, few)
    policies = Boltzmann(jnp.stack([beta * table] * 4))
    found = evidence_of(task, few, policies, StateNumbers(task.env))
    # Single episodes are too short. All together they determine it up to one step of the grid.
    fitted = INVERSE_TEMPERATURES[np.argmax(found.gain[:, :, goal].sum(axis=(0, 1)))]
    assert abs(math.log2(fitted / beta)) <= 0.5 + 1e-6
    assert (found.directedness[:, goal] > found.directedness[:, 1 - goal]).all()


# The next tests compare with an independent computation in plain Python for a corridor.

CORRIDOR = "@.k.c"
"""A level with a single path: to the key, and with it to the chest."""


def corridor_advantages(column):
    """Computes the advantage of each action in delays of one step. It is the same for chests and keys,
    because both lie on one path, and a policy that pursues keys goes on to the chest once it has the key."""
    later = {LEFT: 2 if column > 0 else 1, RIGHT: 0}
    return [(GAMMA ** later.get(action, 1) - 1) / (1 - GAMMA) for action in range(4)]


def by_hand(actions, habits):
    """Computes the likelihood of actions from the start of the corridor: under the base policy alone, and
    under the policies of a goal by inverse temperature and lapse rate. The base policy is the habit or
    uniform."""
    column, counts = 0, [0.5] * 4
    alone, tilted = 1.0, {}
    for action in actions:
        base = [count / sum(counts) for count in counts] if habits else [0.25] * 4
        alone *= base[action]
        for beta, lapse in itertools.product(INVERSE_TEMPERATURES, (0.0, *LAPSES)):
            weights = [b * math.exp(beta * c) for b, c in zip(base, corridor_advantages(column), strict=True)]
            mixed = (1 - lapse) * weights[action] / sum(weights) + lapse * base[action]
            tilted[beta, lapse] = tilted.get((beta, lapse), 1.0) * mixed
        counts[action] += 1
        column = min(max(column + {LEFT: -1, RIGHT: 1}.get(action, 0), 0), 4)
    return alone, tilted


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
    taken, length = jnp.array([[actions]]), jnp.array([[len(actions)]])
    found = compute_evidence(Planner(env, False, GAMMA), stack([level]), taken, length)

    habit, tilted = by_hand(actions, habits=True)
    goal = 0.25 * np.mean([tilted[case] for case in itertools.product(PURSUITS, LAPSES)])
    weights = np.array([goal, goal, 0.5 * habit])
    np.testing.assert_allclose(found.posterior[0, 0], weights / weights.sum(), rtol=1e-3)
    np.testing.assert_allclose(found.pooled[0], found.posterior[0, 0], rtol=1e-4)
    chance, tilted = by_hand(actions, habits=False)
    best = np.full(2, max(0.0, *(math.log(tilted[beta, 0.0] / chance) for beta in INVERSE_TEMPERATURES)))
    np.testing.assert_allclose(found.nats[0, 0], best, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.directedness[0], best / len(actions), rtol=1e-3, atol=1e-4)


def made_up_evidence(habit, pursuit, gain, length):
    """Makes evidence of one policy. ``pursuit``, by level and goal, is the same at all inverse temperatures
    and lapse rates. ``gain`` is that of a middle inverse temperature, and lower at all others."""
    pursuit = np.broadcast_to(
        np.array(pursuit)[None, ..., None, None], (1, *np.shape(pursuit), len(PURSUITS), len(LAPSES))
    )
    gain = np.array(gain)[None, ..., None] - np.abs(np.arange(len(INVERSE_TEMPERATURES)) - 10)
    return GoalEvidence(np.array([habit]), pursuit, gain, np.array([length]))


def test_evidence_is_evaluated_level_by_level_and_pooled():
    evidence = made_up_evidence([-3.0, -5.0], [[-2.0, -9.0], [-6.0, -4.0]], [[2.0, -1.0], [6.0, 1.0]], [4, 8])
    weights = np.exp([[-2.0, -9.0, -3.0], [-6.0, -4.0, -5.0]]) * [0.25, 0.25, 0.5]
    np.testing.assert_allclose(evidence.posterior[0], weights / weights.sum(axis=1, keepdims=True))
    pooled = np.exp([-8.0, -13.0, -8.0]) * [0.25, 0.25, 0.5]
    np.testing.assert_allclose(evidence.pooled[0], pooled / pooled.sum())
    assert evidence.named.tolist() == [[0, 1]]
    np.testing.assert_allclose(evidence.nats, [[[2, 0], [6, 1]]])
    middle = INVERSE_TEMPERATURES[10]
    np.testing.assert_allclose(evidence.inverse_temperature, [[[middle, 0], [middle, middle]]])
    np.testing.assert_allclose(evidence.directedness, [[(0.5 + 0.75) / 2, 1 / 16]])


def test_actions_after_the_end_do_not_count(task, levels):
    policies = RandomPolicy(jnp.full(1, task.env.num_actions))
    few = select(levels, np.arange(4))
    recorded = record(task.env, policies, few, keys(1), first_only=task.first_only)
    after = np.arange(recorded.actions.shape[-1]) >= np.asarray(recorded.length)[..., None]
    assert after.any()
    other = jnp.where(after, 0, recorded.actions)
    before, changed = (
        compute_evidence(task.planner, few, actions, recorded.length) for actions in (recorded.actions, other)
    )
    jax.tree.map(np.testing.assert_array_equal, before, changed)


def test_inverse_temperatures_are_a_geometric_grid_that_starts_below_pursuit():
    ratios = [later / earlier for earlier, later in itertools.pairwise(INVERSE_TEMPERATURES)]
    np.testing.assert_allclose(ratios, math.sqrt(2))
    assert INVERSE_TEMPERATURES[0] < PURSUITS[0] == 1.0
    assert PURSUITS[-1] == INVERSE_TEMPERATURES[-1]
