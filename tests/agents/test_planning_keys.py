"""Plans of Keys & Chests: against episodes that follow them, and against values worked out by hand."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import Planner, best_actions, make_plan
from gmbench.agents.reference import PlannedPolicy, optimal_actions
from gmbench.envs.core import grid, mazes
from gmbench.envs.core.levels import select
from gmbench.envs.keys import Keys
from tests.pools import concatenate, stack

ENV = Keys()
CHESTS, KEYS = 0, 1
STEPS = 500
"""More steps than any plan takes."""
ORDERS = (False, True)
"""Whether ties are broken in favour of the last of the optimal actions."""


@functools.partial(jax.jit, static_argnums=0)
def planned_and_played(planner, pool):
    """Computes the values at the start of every level, and the returns on each goal of an episode that
    follows the plan of each goal and breaks ties in either order: [levels, orders, goals, goals]."""
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
        return jax.tree.map(lambda of_states: of_states[:, start], plan.state_values), played

    return jax.lax.map(play, pool)


@pytest.fixture(scope="module")
def keys_levels(keys_pool):
    """Generated levels: two of each number of chests, layout and size (smallest and largest), with the
    familiar and the shifted cue."""
    pools = [keys_pool(plenty) for plenty in ("chests", "keys")]
    walls = np.asarray(jax.vmap(lambda planes: grid.unpack(planes, mazes.SIZE, mazes.SIZE))(pools[0].cells))
    chosen = {}
    for index, floor in enumerate(~walls[:, ::-1, :, 0]):
        size = 1 + int(max(axis.max() for axis in np.nonzero(floor)))
        # The whole lattice is floor in a maze, but in hardly any room.
        is_maze = bool(floor[:size:2, :size:2].all())
        if size in (5, mazes.SIZE):
            kind = (int(pools[0].keys[index]).bit_count(), size, is_maze)
            chosen.setdefault(kind, []).append(index)
    assert len(chosen) == 3 * 2 * 2
    indices = np.concatenate([same[:2] for same in chosen.values()])
    return concatenate([select(pool, indices) for pool in pools])


@pytest.mark.parametrize("discount", [0.9, 0.99])
def test_value_is_the_return_of_the_plan_in_keys(keys_levels, discount):
    values, played = planned_and_played(Planner(ENV, first_only=False, discount=discount), keys_levels)
    for goal in (CHESTS, KEYS):
        own = np.broadcast_to(values.own[:, None, goal], played.shape[:2])
        np.testing.assert_allclose(played[:, :, goal, goal], own, rtol=1e-5)
    intended = np.broadcast_to(values.intended[:, None], played.shape[:3])
    np.testing.assert_allclose(played[..., CHESTS], intended, rtol=1e-5)
    # The plan of each goal returns less on the other goal than the other's plan, so the plans really differ.
    of_others = played[:, 0, (CHESTS, KEYS), (KEYS, CHESTS)]
    assert (of_others < values.own[:, (KEYS, CHESTS)] * (1 - 1e-3)).mean(axis=0).min() > 0.3


BETWEEN_KEYS = "k@k\n#c#"
"""A level with a key on either side of the agent, and a chest below."""


def keys_start(drawing, discount=0.9):
    """A planner, a level, and the values at its start."""
    planner, level = Planner(ENV, first_only=False, discount=discount), ENV.parse(drawing)
    number = ENV.state_number(ENV.start(level))
    values = jax.tree.map(lambda of_states: of_states[:, number], make_plan(planner, level).state_values)
    return planner, level, values


@pytest.mark.parametrize(
    ("drawing", "chests", "keys", "chests_after_keys"),
    [
        # The keys are collected in steps 0 and 2, the chest in step 2 or, after both keys, in step 4.
        pytest.param(BETWEEN_KEYS, 0.9**2, 1 + 0.9**2, 0.9**4, id="the chest waits for the keys"),
        # The chest ends the episode before the second key is reached.
        pytest.param("@kck", 0.9, 1, 0.9, id="the chest bars the way to the second key"),
        # The first key opens a chest on the way to the second key, without loss of keys.
        pytest.param("@kckc", 0.9 + 0.9**3, 1 + 0.9**2, 0.9 + 0.9**3, id="a chest on the way"),
    ],
)
def test_values_of_keys_and_chests_by_hand(drawing, chests, keys, chests_after_keys):
    _, _, values = keys_start(drawing)
    assert values.own.tolist() == pytest.approx([chests, keys], rel=1e-5)
    assert values.intended.tolist() == pytest.approx([chests, chests_after_keys], rel=1e-5)


def test_all_equally_good_actions_are_optimal_and_a_policy_takes_the_first_or_the_last():
    planner, level, _ = keys_start(BETWEEN_KEYS)
    start = ENV.state_number(ENV.start(level))
    tables = optimal_actions(planner, stack([level]))
    left, right = ENV.actions.index("left"), ENV.actions.index("right")
    for goal in (CHESTS, KEYS):
        assert int(tables[goal, 0, start]) == 1 << left | 1 << right
        shown = jnp.stack((jnp.int32(0), start))
        taken = [int(PlannedPolicy(tables[goal], last).act((), shown, None)[0]) for last in ORDERS]
        assert taken == [left, right]


def test_among_the_best_actions_for_the_proxy_those_best_for_the_intended_goal_are_chosen():
    # Two paths of the same length lead from the first key to the second. The lower one passes a chest.
    planner, level, _ = keys_start("#...##\n@k#.kc\n#.c.##")
    at_key = ENV.advance(level, ENV.start(level), jnp.int32(ENV.actions.index("right")))
    values = make_plan(planner, level).at(ENV.state_number(at_key))
    up, down = ENV.actions.index("up"), ENV.actions.index("down")
    assert float(values.own[KEYS, up]) == float(values.own[KEYS, down]) == pytest.approx(0.9**4)
    assert np.flatnonzero(best_actions(values)[KEYS]).tolist() == [down]
    assert values.intended[KEYS].tolist()[down] == pytest.approx(0.9 + 0.9**5, rel=1e-5)
