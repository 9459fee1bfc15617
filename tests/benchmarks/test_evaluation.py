import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.agents.planning import Planner
from gmbench.agents.reference import PlannedPolicy, RandomPolicy, StateNumbers, optimal_actions
from gmbench.benchmarks import evaluation
from gmbench.benchmarks.episode_steps import Rules
from gmbench.benchmarks.evaluation import SLOTS, Portion, all_levels, evaluate, play_episodes
from gmbench.benchmarks.trajectories import record
from gmbench.envs.coinrun import CoinRun
from gmbench.envs.core.levels import pool_size, select
from gmbench.envs.keys import Keys
from tests.pools import stack

COIN, END, NONE = 0, 1, -1


@dataclasses.dataclass(frozen=True)
class Script:
    """A policy that repeats a list of actions, the same on every level."""

    actions: tuple[int, ...]

    def start(self):
        return jnp.int32(0)

    def act(self, time, observation, key):
        return jnp.array(self.actions)[time % len(self.actions)], time + 1


jax.tree_util.register_static(Script)
RIGHT = Script((2,))
KEYS = jax.random.key(0)[None]


@struct.dataclass
class Wavering:
    """A policy that draws every third action and else takes its favourite. It needs its carry and key."""

    favourite: jax.Array

    def start(self):
        return jnp.int32(0)

    def act(self, time, observation, key):
        drawn = jax.random.randint(key, (), 0, 4)
        return jnp.where(time % 3 == 0, drawn, self.favourite), time + 1


@pytest.fixture(scope="module")
def levels(env):
    """Levels with the coin before the end, the end before the coin, a saw before both, a wall before both."""
    drawings = ("@..o.G..", "@..G.o..", "@.^o.G..", "@.#o.G..")
    return stack([env.parse(f"{drawing}\n########") for drawing in drawings])


def play(env, policy, levels, **settings):
    """Plays the episodes of one policy: [levels, ...]."""
    settings = {"first_only": True, "discount": 1.0, **settings}
    policies = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], policy)
    episodes = evaluate(env, policies, levels, KEYS, **settings)
    return jax.tree.map(lambda leaf: leaf[0], episodes)


@functools.partial(jax.jit, static_argnums=0)
def one_step(env, policy, key, level, state, carry, index, time):
    step_key = jax.random.fold_in(jax.random.fold_in(key, index), time)
    action, carry = policy.act(carry, env.view(level, state), step_key)
    following = env.advance(level, state, action)
    return following, carry, env.rewards(level, state, action, following), env.ended(level, following)


def one_episode(env, policy, key, pool, index, first_only, discount):
    """Computes the fields of `Episodes` for one episode in a plain loop."""
    level = jax.tree.map(lambda leaf: leaf[index], pool)
    state, carry, first, ended, rewards = env.start(level), policy.start(), NONE, False, []
    while not ended and not (first_only and first != NONE) and len(rewards) < env.time_limit:
        state, carry, reward, ended = one_step(env, policy, key, level, state, carry, index, len(rewards))
        rewards.append(np.asarray(reward))
        if first == NONE and rewards[-1].any():
            first = int(np.flatnonzero(rewards[-1])[0])
    returns = sum(np.float32(discount**time) * reward for time, reward in enumerate(rewards))
    return returns, sum(rewards), first, len(rewards), bool(ended)


@pytest.mark.parametrize(
    ("env", "pool", "first_only"),
    [(CoinRun(), "coinrun_pool", True), (Keys(), "keys_pool", False)],
    ids=["coinrun", "keys"],
)
def test_slots_play_every_level_as_a_plain_loop_does(env, pool, first_only, request):
    pool = request.getfixturevalue(pool)()
    assert pool_size(pool) > 2 * SLOTS  # So that slots play several episodes.
    policies, keys = Wavering(jnp.array([2, 3])), jax.random.split(jax.random.key(7), 2)
    rules = {"first_only": first_only, "discount": 0.5}  # The powers of one half are exact.
    together = evaluate(env, policies, pool, keys, **rules)
    assert together.terminated.any()
    assert not together.terminated.all()  # Some reach the time limit.
    for row, favourite in enumerate(policies.favourite):
        ended = np.flatnonzero(together.terminated[row])
        for index in [*range(0, pool_size(pool), 19), *ended[-5:], pool_size(pool) - 1]:
            alone = one_episode(env, Wavering(favourite), keys[row], pool, index, **rules)
            for field, expected in zip(jax.tree.leaves(together), alone, strict=True):
                np.testing.assert_array_equal(field[row, index], expected)


def test_one_program_plays_all_pools_of_a_size(env, coinrun_pool):
    before = evaluation.play_episodes._cache_size()
    for coin in ("end", "column"):
        for policy in (0, 5):
            play(env, Wavering(policy), coinrun_pool(coin), discount=0.75)
    assert evaluation.play_episodes._cache_size() == before + 1


def test_episodes_of_hand_made_levels(env, levels):
    episodes = play(env, RIGHT, levels)
    assert episodes.first.tolist() == [COIN, END, NONE, NONE]
    assert episodes.returns.tolist() == [[10, 0], [0, 1], [0, 0], [0, 0]]
    assert episodes.length.tolist() == [3, 3, 2, env.time_limit]
    assert episodes.terminated.tolist() == [True, False, True, False]


def test_all_events_count_unless_only_the_first_does(env, levels):
    episodes = play(env, RIGHT, levels, first_only=False)
    assert episodes.returns.tolist() == [[10, 0], [10, 1], [0, 0], [0, 0]]
    assert episodes.first.tolist() == [COIN, END, NONE, NONE]
    assert episodes.length.tolist() == [3, 5, 2, env.time_limit]


def test_the_first_step_is_not_discounted(env, levels):
    episodes = play(env, RIGHT, levels, first_only=False, discount=0.5)
    assert episodes.returns[:2].tolist() == [[10 * 0.5**2, 0], [10 * 0.5**4, 0.5**2]]
    assert episodes.totals[:2].tolist() == [[10, 0], [10, 1]]


def test_a_tie_counts_for_both_goals(env):
    level = stack([env.parse("@.O\n###")])
    episodes = play(env, RIGHT, level)
    assert episodes.returns.tolist() == [[10, 1]]
    assert episodes.first.tolist() == [COIN]


def test_policies_do_not_affect_each_other(env, levels):
    policies = RandomPolicy(jnp.full(3, env.num_actions))
    keys = jax.random.split(jax.random.key(4), 3)
    together = evaluate(env, policies, levels, keys, first_only=True, discount=1.0)
    for row in range(3):
        alone = evaluate(
            env, RandomPolicy(jnp.full(1, 6)), levels, keys[row : row + 1], first_only=True, discount=1.0
        )
        jax.tree.map(lambda a, b, row=row: np.testing.assert_array_equal(a[row], b[0]), together, alone)


def test_an_episode_does_not_depend_on_the_other_levels(env, coinrun_pool):
    pool, policy = coinrun_pool(), RandomPolicy(jnp.int32(env.num_actions))
    whole = play(env, policy, pool)
    part = play(env, policy, select(pool, np.arange(7)))
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[:7], b), whole, part)


def test_recorded_trajectories_are_those_of_the_evaluation(env, coinrun_pool):
    pool, policies = coinrun_pool(), Wavering(jnp.array([2, 3]))
    keys = jax.random.split(jax.random.key(7), 2)
    episodes = evaluate(env, policies, pool, keys, first_only=True, discount=1.0)
    recorded = record(env, policies, pool, keys, first_only=True)
    np.testing.assert_array_equal(recorded.length, episodes.length)
    for row, favourite in enumerate(policies.favourite):
        for index in np.random.default_rng(0).choice(pool_size(pool), 4):
            level = jax.tree.map(lambda leaf, index=index: leaf[index], pool)
            policy = Wavering(favourite)
            state, carry = env.start(level), policy.start()
            for time in range(env.time_limit):
                there = jax.tree.map(lambda leaf: leaf[row, index, time], recorded.states)  # noqa: B023
                jax.tree.map(np.testing.assert_array_equal, there, state)
                if time < recorded.length[row, index]:
                    state, carry, *_ = one_step(env, policy, keys[row], level, state, carry, index, time)


def test_a_portion_is_played_as_in_the_complete_pool(env, coinrun_pool):
    pool, rules, policies = coinrun_pool(), Rules(env, 1.0), Wavering(jnp.array([2, 3]))
    keys = jax.random.split(jax.random.key(7), 2)
    every = play_episodes(rules, pool_size(pool), pool, all_levels(pool, first_only=True), policies, keys)
    first, stop = np.int32(70), np.int32(75)
    part = play_episodes(rules, 2, pool, Portion(first, stop, np.bool_(True)), policies, keys)
    assert part.actions.shape == (2, 2, env.time_limit)
    np.testing.assert_array_equal(part.rows[:, first:stop], every.rows[:, first:stop])
    assert (np.delete(part.episodes.length, np.arange(first, stop), axis=1) == 0).all()
    counts = np.arange(env.time_limit) < np.asarray(every.episodes.length)[:, first : first + 2, None]
    np.testing.assert_array_equal(
        np.where(counts, part.actions, 0), np.where(counts, every.actions[:, first : first + 2], 0)
    )


def test_a_portion_can_be_played_beyond_the_first_event(env, levels):
    rules, policy = Rules(env, 1.0), jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], RIGHT)
    played = [
        play_episodes(rules, 1, levels, Portion(np.int32(1), np.int32(2), np.bool_(first)), policy, KEYS)
        for first in (True, False)
    ]
    assert [of.episodes.length[0].tolist() for of in played] == [[0, 3, 0, 0], [0, 5, 0, 0]]
    assert played[1].actions[0, 0, :5].tolist() == [2] * 5
    assert [of.episodes.first[0].tolist() for of in played] == [[NONE, END, NONE, NONE]] * 2


def test_optimal_policies_reach_their_goal_on_every_level(env, coinrun_pool):
    pool = select(coinrun_pool("column"), np.arange(32))
    tables = optimal_actions(Planner(env, first_only=True), pool)
    observe = StateNumbers(env)
    for goal, most in ((COIN, 10), (END, 1)):
        returns = play(env, PlannedPolicy(tables[goal], last=False), pool, observe=observe).returns
        assert np.mean(returns[:, goal]) >= 0.97 * most  # The end cannot be reached on a few levels.
        assert returns[:, 1 - goal].mean() <= 0.03 * 10
