import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import DISCOUNT, MOST_STATES, Planner, Values, best_actions, make_plan
from gmbench.agents.reference import PlannedPolicy, optimal_actions
from gmbench.envs.coinrun import CoinRun, CoinRunState
from gmbench.envs.coinrun.level import HEIGHT, PERIOD, WIDTH
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.core import grid, mazes
from gmbench.envs.core.environment import Goal
from gmbench.envs.core.levels import concatenate, generate, select, stack
from gmbench.envs.keys import Keys, KeysLevels

ENV, KEYS_ENV = CoinRun(), Keys()
COIN, END = CHESTS, KEYS = 0, 1
FIRST_ONLY, ALL = Planner(ENV, first_only=True), Planner(ENV, first_only=False)
LEVEL = ENV.parse("......\n......\n......\n@.~G.o\n#####.")
STEPS = 500
"""More than any plan takes."""
ORDERS = (False, True)
"""Whether the last of equally good actions is taken."""


def start_values(drawing, first_only, discount=DISCOUNT):
    level = ENV.parse(drawing)
    values = make_plan(Planner(ENV, first_only, discount), level).values.own
    return values[:, ENV.state_number(ENV.start(level))].tolist()


@functools.partial(jax.jit, static_argnums=0)
def planned_and_played(planner, pool):
    """For every level: the values at the start, and what the plan of each goal returns on each goal, as it
    settles ties in either order: [levels, orders, goals, goals]."""
    env, count = planner.env, len(planner.env.goals)

    def play(level):
        plan = make_plan(planner, level)

        def returns(goal, last):
            def step(carry):
                state, time, _, total = carry
                best = best_actions(plan.at(env.state_number(state)))[goal]
                action = jnp.where(last, env.num_actions - 1 - jnp.argmax(best[::-1]), jnp.argmax(best))
                following = env.advance(level, state, action)
                rewards = env.rewards(level, state, action, following)
                over = env.ended(level, following) | (planner.first_only & jnp.any(rewards != 0))
                return following, time + 1, over, total + planner.discount**time * rewards

            begin = env.start(level), jnp.float32(0), jnp.bool_(False), jnp.zeros(count)
            return jax.lax.while_loop(lambda carry: ~carry[2] & (carry[1] < STEPS), step, begin)[3]

        every_goal = jax.vmap(returns, (0, None))
        played = jax.vmap(every_goal, (None, 0))(jnp.arange(count), jnp.array(ORDERS))
        start = env.state_number(env.start(level))
        return jax.tree.map(lambda of_states: of_states[:, start], plan.values), played

    return jax.lax.map(play, pool)


@pytest.fixture(scope="module")
def coinrun_levels(coinrun_pool):
    """Generated levels, with the coin at the end and elsewhere."""
    return concatenate([select(coinrun_pool(law), np.arange(12)) for law in ("end", "column")])


@pytest.fixture(scope="module")
def keys_levels(keys_pool):
    """Generated levels: two of every number and layout, of the smallest and of the largest size, as in
    training and as under the shift."""
    pools = [keys_pool(plenty) for plenty in ("chests", "keys")]
    walls = np.asarray(jax.vmap(lambda planes: grid.unpack(planes, mazes.SIZE, mazes.SIZE))(pools[0].cells))
    chosen = {}
    for index, floor in enumerate(~walls[:, ::-1, :, 0]):
        size = 1 + int(max(axis.max() for axis in np.nonzero(floor)))
        # All of the lattice is floor in a maze, and in next to no room.
        is_maze = bool(floor[:size:2, :size:2].all())
        if size in (5, mazes.SIZE):
            kind = (int(pools[0].keys[index]).bit_count(), size, is_maze)
            chosen.setdefault(kind, []).append(index)
    assert len(chosen) == 3 * 2 * 2
    indices = np.concatenate([same[:2] for same in chosen.values()])
    return concatenate([select(pool, indices) for pool in pools])


@pytest.mark.parametrize("discount", [0.9, 0.99])
def test_value_is_the_return_of_the_plan_in_keys(keys_levels, discount):
    values, played = planned_and_played(Planner(KEYS_ENV, first_only=False, discount=discount), keys_levels)
    for goal in (CHESTS, KEYS):
        own = np.broadcast_to(values.own[:, None, goal], played.shape[:2])
        np.testing.assert_allclose(played[:, :, goal, goal], own, rtol=1e-5)
    intended = np.broadcast_to(values.intended[:, None], played.shape[:3])
    np.testing.assert_allclose(played[..., CHESTS], intended, rtol=1e-5)
    # Neither goal's plan is as good for the other as that one's own: there is something to be told apart.
    of_others = played[:, 0, (CHESTS, KEYS), (KEYS, CHESTS)]
    assert (of_others < values.own[:, (KEYS, CHESTS)] * (1 - 1e-3)).mean(axis=0).min() > 0.3


# Keys and chests by hand.

BETWEEN_KEYS = "k@k\n#c#"
"""A key at either side, and a chest below."""


def keys_start(drawing, discount=0.9):
    """Planner, level and the values at the start."""
    planner, level = Planner(KEYS_ENV, first_only=False, discount=discount), KEYS_ENV.parse(drawing)
    number = KEYS_ENV.state_number(KEYS_ENV.start(level))
    values = jax.tree.map(lambda of_states: of_states[:, number], make_plan(planner, level).values)
    return planner, level, values


@pytest.mark.parametrize(
    ("drawing", "chests", "keys", "chests_after_keys"),
    [
        # Both keys in steps 0 and 2; the chest in step 2, or after the keys in step 4.
        pytest.param(BETWEEN_KEYS, 0.9**2, 1 + 0.9**2, 0.9**4, id="the chest waits for the keys"),
        # The chest in the way ends the episode, before the second key.
        pytest.param("@kck", 0.9, 1, 0.9, id="the chest bars the way to the second key"),
        # The first key opens the first chest on the way to the second key, at no loss.
        pytest.param("@kckc", 0.9 + 0.9**3, 1 + 0.9**2, 0.9 + 0.9**3, id="a chest on the way"),
    ],
)
def test_values_of_keys_and_chests_by_hand(drawing, chests, keys, chests_after_keys):
    _, _, values = keys_start(drawing)
    assert values.own.tolist() == pytest.approx([chests, keys], rel=1e-5)
    assert values.intended.tolist() == pytest.approx([chests, chests_after_keys], rel=1e-5)


def test_all_equally_good_actions_are_best_and_a_policy_takes_the_first_or_the_last():
    planner, level, _ = keys_start(BETWEEN_KEYS)
    start = KEYS_ENV.state_number(KEYS_ENV.start(level))
    tables = optimal_actions(planner, stack([level]))
    left, right = KEYS_ENV.actions.index("left"), KEYS_ENV.actions.index("right")
    for goal in (CHESTS, KEYS):
        assert int(tables[goal, 0, start]) == 1 << left | 1 << right
        shown = jnp.stack((jnp.int32(0), start))
        taken = [int(PlannedPolicy(tables[goal], last).act((), shown, None)[0]) for last in ORDERS]
        assert taken == [left, right]


def test_of_what_is_best_for_the_proxy_only_what_is_best_for_the_intended_goal_is_left():
    # From the first key, two ways of the same length lead to the second, the lower one past a chest.
    planner, level, _ = keys_start("#...##\n@k#.kc\n#.c.##")
    at_key = KEYS_ENV.advance(level, KEYS_ENV.start(level), jnp.int32(KEYS_ENV.actions.index("right")))
    worth = make_plan(planner, level).at(KEYS_ENV.state_number(at_key))
    up, down = KEYS_ENV.actions.index("up"), KEYS_ENV.actions.index("down")
    assert float(worth.own[KEYS, up]) == float(worth.own[KEYS, down]) == pytest.approx(0.9**4)
    assert np.flatnonzero(best_actions(worth)[KEYS]).tolist() == [down]
    assert worth.intended[KEYS].tolist()[down] == pytest.approx(0.9 + 0.9**5, rel=1e-5)


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
    # Refused before anything is planned, from the shapes alone.
    plan = functools.partial(jax.eval_shape, make_plan, Planner(KEYS_ENV, first_only=False))
    if possible:
        assert plan(level).values.own.shape == (2, KEYS_ENV.state_count(level))
    else:
        with pytest.raises(ValueError, match="too large to be planned"):
            plan(level)


# CoinRun by hand.


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
    values = make_plan(Planner(env, first_only=True), level).values.own[:, env.state_number(env.start(level))]
    assert values.tolist() == pytest.approx([0, 0, 3 * DISCOUNT], rel=1e-5)


@pytest.mark.parametrize("planner", [FIRST_ONLY, ALL], ids=["first", "all"])
def test_best_action_value_is_the_optimal_value_in_every_state(planner):
    plan = make_plan(planner, LEVEL)
    np.testing.assert_allclose(plan.worth.own.max(axis=1), plan.values.own, atol=1e-4)
    if planner.first_only:
        assert plan.values.intended is None
    else:
        best = jnp.where(best_actions(plan.worth), plan.worth.intended, -jnp.inf).max(axis=1)
        np.testing.assert_allclose(best, plan.values.intended, atol=1e-4)


@pytest.mark.parametrize("planner", [FIRST_ONLY, ALL], ids=["first", "all"])
def test_what_an_action_is_worth_is_its_reward_and_the_value_of_what_follows(planner):
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
    np.testing.assert_array_equal(np.where(over, 0, plan.following), np.where(over, 0, following))
    for values, worth, goals in (
        (plan.values.own, plan.worth.own, slice(None)),
        (plan.values.intended, plan.worth.intended, slice(0, 1)),
    ):
        if values is None:
            assert worth is None
            continue
        later = np.where(over, 0.0, planner.discount * np.asarray(values)[:, np.where(over, 0, following)])
        np.testing.assert_allclose(worth, np.moveaxis(rewards, 1, 0)[goals] + later, rtol=1e-6)
    some = jnp.array([[3, 1], [4, 1]])
    np.testing.assert_array_equal(plan.at(some).own, plan.worth.own[:, :, some])


# The numbering.


def test_numbering_gives_every_number_back():
    numbers = jnp.arange(ENV.state_count(LEVEL))
    assert (ENV.state_number(ENV.numbered_state(numbers)) == numbers).all()


def test_numbered_states_are_all_the_living_ones():
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
