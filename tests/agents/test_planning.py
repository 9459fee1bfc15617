import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import DISCOUNT, action_values, optimal_values
from gmbench.envs.coinrun import CoinRun, CoinRunState
from gmbench.envs.coinrun.level import HEIGHT, PERIOD, WIDTH
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.environment import Goal
from gmbench.envs.levels import concatenate, select

ENV = CoinRun()
COIN, END = 0, 1
STEPS = 150
"""More than the longest plan takes."""


def start_values(drawing, first_only, discount=DISCOUNT):
    level = ENV.parse(drawing)
    values = optimal_values(ENV, level, first_only, discount)
    return values[:, ENV.state_number(ENV.start(level))].tolist()


@functools.partial(jax.jit, static_argnums=1)
def planned_and_played(pool, goal):
    """For every level: the planned value of a goal at the start, and the return of the greedy plan, up to
    the first goal reached."""

    def play(level):
        values = optimal_values(ENV, level, True)

        def step(carry, _):
            state, weight, total = carry
            action = jnp.argmax(action_values(ENV, level, values, state, True)[goal])
            following = ENV.advance(level, state, action)
            rewards = ENV.rewards(level, state, action, following)
            over = ENV.ended(level, following) | jnp.any(rewards != 0)
            return (following, jnp.where(over, 0, weight * DISCOUNT), total + weight * rewards[goal]), None

        start = ENV.start(level)
        (_, weight, total), _ = jax.lax.scan(step, (start, jnp.float32(1), jnp.float32(0)), length=STEPS)
        return values[goal, ENV.state_number(start)], total, weight

    return jax.lax.map(play, pool)


@pytest.fixture(scope="module")
def some_levels(coinrun_pool):
    """Generated levels, with the coin at the end and elsewhere."""
    return concatenate([select(coinrun_pool(law), np.arange(12)) for law in ("end", "column")])


@pytest.mark.parametrize("goal", [COIN, END])
def test_value_is_the_return_of_the_greedy_plan(some_levels, goal):
    planned, played, left = planned_and_played(some_levels, goal)
    np.testing.assert_allclose(played, planned, rtol=1e-5)
    assert (left[planned > 0] == 0).all()
    assert (planned > 0).mean() > 0.8


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("discount", [0.99, 0.5])
def test_first_reward_is_not_discounted(steps, discount):
    corridor = "@" + "." * (steps - 1) + "O"
    coin, end = start_values(corridor, True, discount)
    assert coin == pytest.approx(10 * discount ** (steps - 1), rel=1e-5)
    assert end == pytest.approx(discount ** (steps - 1), rel=1e-5)


@pytest.mark.parametrize(
    ("corridor", "steps"),
    [
        pytest.param("@1O", 5, id="waits until the enemy is gone"),
        pytest.param("@eO", 2, id="passes before the enemy comes"),
    ],
)
def test_plan_minds_the_enemies_clock(corridor, steps):
    assert start_values(corridor, True)[COIN] == pytest.approx(10 * DISCOUNT ** (steps - 1), rel=1e-5)


@pytest.mark.parametrize("corridor", ["@fO", "@~O", "@#O"])
@pytest.mark.parametrize("first_only", [True, False])
def test_what_is_out_of_reach_has_no_value(corridor, first_only):
    assert start_values(corridor, first_only) == [0, 0]


def test_end_in_the_only_way_stops_the_return_on_the_coin_where_only_the_first_goal_counts():
    corridor = "@.G.o"
    assert start_values(corridor, True) == pytest.approx([0, DISCOUNT], rel=1e-5)
    assert start_values(corridor, False)[COIN] == pytest.approx(10 * DISCOUNT**3, rel=1e-5)


@pytest.mark.parametrize("first_only", [True, False])
def test_coin_in_the_only_way_ends_the_episode_before_the_end(first_only):
    assert start_values("@.o.G", first_only) == pytest.approx([10 * DISCOUNT, 0], rel=1e-5)


def test_goal_of_a_user_is_planned_for_too():
    def at_column_two(level, state, action, following):
        return 3.0 * (following.x == 2)

    env = dataclasses.replace(ENV, goals=(*ENV.goals, Goal("two", at_column_two)))
    level = env.parse("@...O")
    values = optimal_values(env, level, True)[:, env.state_number(env.start(level))]
    assert values.tolist() == pytest.approx([0, 0, 3 * DISCOUNT], rel=1e-5)


@pytest.mark.parametrize("first_only", [True, False])
def test_best_action_value_is_the_optimal_value_in_every_state(first_only):
    level = ENV.parse("......\n......\n......\n@.~G.o\n#####.")
    values = optimal_values(ENV, level, first_only)

    @jax.vmap
    def best(number):
        state = ENV.numbered_state(number)
        return action_values(ENV, level, values, state, first_only).max(axis=-1)

    of_actions = best(jnp.arange(ENV.state_count)).T
    np.testing.assert_allclose(of_actions, values, atol=1e-4)


def test_numbering_gives_every_number_back():
    numbers = jnp.arange(ENV.state_count)
    assert (ENV.state_number(ENV.numbered_state(numbers)) == numbers).all()


def test_numbered_states_are_all_the_living_ones():
    states = ENV.numbered_state(jnp.arange(ENV.state_count))
    assert not states.dead.any()
    for field, count in [("x", WIDTH), ("y", HEIGHT), ("rise", JUMP), ("phase", PERIOD)]:
        assert np.unique(getattr(states, field)).tolist() == list(range(count))


@pytest.mark.parametrize("field", ["x", "y", "rise", "phase"])
def test_states_that_differ_in_one_field_have_different_numbers(field):
    place = jnp.int32(2)
    state = CoinRunState(x=place, y=place, rise=place, phase=place, dead=jnp.bool_(False))
    other = state.replace(**{field: place + 1})
    assert ENV.state_number(state) != ENV.state_number(other)
