"""Plans in general, and plans of CoinRun against values worked out by hand."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import DISCOUNT, MOST_STATES, Planner, Values, best_actions, make_plan
from gmbench.agents.reference import PlannedPolicy
from gmbench.envs.coinrun import CoinRun, CoinRunState
from gmbench.envs.coinrun.level import HEIGHT, PERIOD, WIDTH
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.core import mazes
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.levels import generate, select
from gmbench.envs.keys import Keys, KeysLevels

ENV, KEYS_ENV = CoinRun(), Keys()
COIN, END = 0, 1
FIRST_ONLY, ALL = Planner(ENV, first_only=True), Planner(ENV, first_only=False)
LEVEL = ENV.parse("......\n......\n......\n@.~G.o\n#####.")


def start_values(drawing, first_only, discount=DISCOUNT):
    """The values of the goals at the start of a level of CoinRun."""
    level = ENV.parse(drawing)
    values = make_plan(Planner(ENV, first_only, discount), level).state_values.own
    return values[:, ENV.state_number(ENV.start(level))].tolist()


def test_sets_of_actions_are_read_bit_by_bit():
    sets = np.arange(1, 256, dtype=np.uint8)
    shown = jnp.stack((jnp.zeros(255, jnp.int32), jnp.arange(255)), axis=1)
    for last, index in ((False, 0), (True, -1)):
        policy = PlannedPolicy(jnp.asarray(sets)[None], last)
        actions = jax.vmap(lambda numbers, policy=policy: policy.act((), numbers, None)[0])(shown)
        expected = [[bit for bit in range(8) if members >> bit & 1][index] for members in sets.tolist()]
        assert actions.tolist() == expected


def test_values_that_differ_by_rounding_are_equal_and_others_are_not():
    own = jnp.array([[1.0, 1 + 1e-6, 0.999, 0], [1e-4, 1.001e-4, 0, 0], [0, 0, 0, 0]])
    best = [[True, True, False, False], [False, True, False, False], [True] * 4]
    assert best_actions(Values(own=own, intended=None)).tolist() == best
    intended = jnp.array([[1.0, 0.5, 9.0, 9.0], [9.0, 1.0, 9.0, 9.0], [0, 2.0, 2.0, 1.0]])
    then = [[True, False, False, False], [False, True, False, False], [False, True, True, False]]
    assert best_actions(Values(own=own, intended=intended)).tolist() == then


@pytest.mark.parametrize(("number", "possible"), [(4, True), (5, False), (6, False)])
def test_a_level_of_too_many_states_is_refused(number, possible):
    levels = KeysLevels(numbers=(number,), sizes=(mazes.SIZE,))
    level = select(generate(levels, jax.random.key(0), 1), 0)
    assert (KEYS_ENV.state_count(level) <= MOST_STATES) == possible
    # The shapes alone suffice: the level is refused before it is planned.
    plan = functools.partial(jax.eval_shape, make_plan, Planner(KEYS_ENV, first_only=False))
    if possible:
        assert plan(level).state_values.own.shape == (2, KEYS_ENV.state_count(level))
    else:
        with pytest.raises(ValueError, match="too large to be planned"):
            plan(level)


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
def test_plan_knows_when_the_enemy_moves(corridor, steps):
    assert start_values(corridor, True)[COIN] == pytest.approx(10 * DISCOUNT ** (steps - 1), rel=1e-5)


@pytest.mark.parametrize("corridor", ["@fO", "@~O", "@#O"])
@pytest.mark.parametrize("first_only", [True, False])
def test_what_is_out_of_reach_has_no_value(corridor, first_only):
    assert start_values(corridor, first_only) == [0, 0]


def test_if_only_the_first_event_counts_an_end_in_the_way_stops_the_return_on_the_coin():
    corridor = "@.G.o"
    assert start_values(corridor, True) == pytest.approx([0, DISCOUNT], rel=1e-5)
    assert start_values(corridor, False)[COIN] == pytest.approx(10 * DISCOUNT**3, rel=1e-5)


@pytest.mark.parametrize("first_only", [True, False])
def test_coin_in_the_only_way_ends_the_episode_before_the_end(first_only):
    assert start_values("@.o.G", first_only) == pytest.approx([10 * DISCOUNT, 0], rel=1e-5)


def test_a_goal_that_a_user_adds_is_planned():
    def at_column_two(level, state, action, following):
        return 3.0 * (following.x == 2)

    env = dataclasses.replace(ENV, goals=(*ENV.goals, Goal("two", at_column_two)))
    level = env.parse("@...O")
    values = make_plan(Planner(env, first_only=True), level).state_values.own[
        :, env.state_number(env.start(level))
    ]
    assert values.tolist() == pytest.approx([0, 0, 3 * DISCOUNT], rel=1e-5)


@pytest.mark.parametrize("planner", [FIRST_ONLY, ALL], ids=["first", "all"])
def test_best_action_value_is_the_optimal_value_in_every_state(planner):
    plan = make_plan(planner, LEVEL)
    np.testing.assert_allclose(plan.action_values.own.max(axis=1), plan.state_values.own, atol=1e-4)
    if planner.first_only:
        assert plan.state_values.intended is None
    else:
        best = jnp.where(best_actions(plan.action_values), plan.action_values.intended, -jnp.inf).max(axis=1)
        np.testing.assert_allclose(best, plan.state_values.intended, atol=1e-4)


@pytest.mark.parametrize("planner", [FIRST_ONLY, ALL], ids=["first", "all"])
def test_the_value_of_an_action_is_its_reward_and_the_discounted_value_of_the_next_state(planner):
    plan = make_plan(planner, LEVEL)

    @functools.partial(jax.vmap, in_axes=(None, 0))
    @functools.partial(jax.vmap, in_axes=(0, None))
    def step(action, number):
        state = ENV.numbered_state(number)
        following = ENV.advance(LEVEL, state, action)
        rewards = ENV.rewards(LEVEL, state, action, following)
        over = ENV.ended(LEVEL, following) | (planner.first_only & jnp.any(rewards != 0))
        return ENV.state_number(following), rewards, over

    numbers, actions = jnp.arange(ENV.state_count(LEVEL)), jnp.arange(ENV.num_actions)
    following, rewards, over = (np.moveaxis(leaf, 0, -1) for leaf in step(actions, numbers))
    assert 0 < over.mean() < 1
    np.testing.assert_array_equal(np.where(over, 0, plan.next_states), np.where(over, 0, following))
    for state_values, action_values, goals in (
        (plan.state_values.own, plan.action_values.own, slice(None)),
        (plan.state_values.intended, plan.action_values.intended, slice(0, 1)),
    ):
        if state_values is None:
            assert action_values is None
            continue
        later = np.where(
            over, 0.0, planner.discount * np.asarray(state_values)[:, np.where(over, 0, following)]
        )
        np.testing.assert_allclose(action_values, np.moveaxis(rewards, 1, 0)[goals] + later, rtol=1e-6)
    some = jnp.array([[3, 1], [4, 1]])
    np.testing.assert_array_equal(plan.at(some).own, plan.action_values.own[:, :, some])


def test_every_number_is_that_of_its_state():
    numbers = jnp.arange(ENV.state_count(LEVEL))
    assert (ENV.state_number(ENV.numbered_state(numbers)) == numbers).all()


def test_numbered_states_are_those_in_which_the_agent_lives():
    states = ENV.numbered_state(jnp.arange(ENV.state_count(LEVEL)))
    assert not states.dead.any()
    for field, count in [("x", WIDTH), ("y", HEIGHT), ("rise", JUMP), ("phase", PERIOD)]:
        assert np.unique(getattr(states, field)).tolist() == list(range(count))


@pytest.mark.parametrize("field", ["x", "y", "rise", "phase"])
def test_states_that_differ_in_one_field_have_different_numbers(field):
    place = jnp.int32(2)
    state = CoinRunState(x=place, y=place, rise=place, phase=place, dead=jnp.bool_(False))
    other = state.replace(**{field: place + 1})
    assert ENV.state_number(state) != ENV.state_number(other)
