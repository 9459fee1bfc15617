import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import Planner, make_plan
from gmbench.envs.core.levels import generate, layout_hashes
from gmbench.envs.memory import HEIGHT, LANE, LOWER, MIDDLE, SIGNALLED, UPPER, Memory, MemoryLevels

ENV = Memory()
MAZE = """
#####.###
....~...g
@##.~##.#
....~...p
##.######
"""
STEPS = {"l": 0, "u": 1, "r": 2, "d": 3}
GREEN, PURPLE = 0, 1


def maze(signal=GREEN, slippery=0, drawing=MAZE):
    return ENV.parse(f"{drawing}signal {signal}\nslippery {slippery}")


def walk(level, moves):
    """The states of an episode, and the rewards of both goals in each step."""
    states, rewards = [ENV.start(level)], []
    for move in moves:
        action = jnp.int32(STEPS[move])
        states.append(ENV.advance(level, states[-1], action))
        rewards.append(ENV.rewards(level, states[-2], action, states[-1]).tolist())
    return states, rewards


def place(state):
    return int(state.x), int(state.y)


@pytest.fixture(scope="module")
def pool():
    return generate(MemoryLevels(slippery=0.5), jax.random.key(0), 256)


@pytest.fixture(scope="module")
def cells(pool):
    """Walls and ice: bool[levels, rows, columns] each."""
    scenes = jax.vmap(lambda level: ENV.scene(level, ENV.start(level)))(pool)
    return np.moveaxis(np.asarray(scenes)[:, 1:-1, 1:-1, :2], -1, 0)


@pytest.mark.parametrize(
    ("signal", "slippery", "moves", "last", "rewards"),
    [
        (GREEN, 0, "urrrrrrrr", (8, UPPER), [1, 1]),  # The signalled lane, straight on.
        (GREEN, 1, "urrrrrrrr", (8, LOWER), [0, 1]),  # The same steps, over slippery ice: the habit.
        (PURPLE, 1, "drrrrrrrr", (8, UPPER), [0, 1]),
        (GREEN, 1, "urrrrrrruur", (8, UPPER), [1, 0]),  # Back over to the signalled end.
        (GREEN, 1, "drrrrrrrr", (8, UPPER), [1, 0]),  # The other lane, of which the habit says nothing.
        (GREEN, 0, "drrrrrrrr", (8, LOWER), [0, 0]),
        (GREEN, 0, "urrrrrrrddr", (8, LOWER), [0, 0]),
    ],
)
def test_where_steps_lead_and_what_they_are_worth(signal, slippery, moves, last, rewards):
    level = maze(signal, slippery)
    states, given = walk(level, moves)
    assert place(states[-1]) == last
    assert [goal.name for goal in ENV.goals] == [SIGNALLED.name, LANE.name] == ["signal", "lane"]
    assert given[-1] == rewards
    assert not np.any(given[:-1])
    assert [bool(ENV.ended(level, state)) for state in states] == [False] * len(moves) + [True]


def test_an_agent_slides_only_if_it_steps_onto_slippery_ice_from_the_left():
    level = maze(slippery=1)
    assert place(walk(level, "urrrr")[0][-1]) == (4, LOWER)
    assert place(walk(level, "urrrrrl")[0][-1]) == (4, LOWER)  # Back onto it, from the right.
    assert place(walk(level, "urrrruu")[0][-1]) == (4, UPPER)  # Along it.
    assert place(walk(level, "urrrrlr")[0][-1]) == (4, UPPER)  # From the left again.


def test_a_wall_in_the_other_lane_prevents_sliding():
    level = maze(slippery=1, drawing=MAZE.replace("....~...p", "....#...p"))
    assert place(walk(level, "urrrr")[0][-1]) == (4, UPPER)


def test_the_signal_is_seen_only_at_the_start():
    channels = [ENV.channels.index(f"{colour} signal") for colour in ("green", "purple")]
    for signal in (GREEN, PURPLE):
        level = maze(signal)
        states, _ = walk(level, "ur")
        seen = [np.asarray(ENV.view(level, state))[..., channels].any(axis=(0, 1)) for state in states]
        assert seen[0].tolist() == [signal == GREEN, signal == PURPLE]
        assert not np.any(seen[1:])


def test_levels_look_the_same_except_for_the_signal():
    """The view shows neither which end is rewarded nor whether the ice is slippery."""
    levels = [maze(signal, slippery) for signal in (GREEN, PURPLE) for slippery in (0, 1)]
    views = [ENV.view(level, walk(level, "ur")[0][-1]) for level in levels]
    for view in views[1:]:
        np.testing.assert_array_equal(view, views[0])


def test_paired_levels_differ_only_by_the_ice(pool):
    held = generate(MemoryLevels(), jax.random.key(0), 256)
    assert layout_hashes(held) == layout_hashes(pool)
    np.testing.assert_array_equal(held.facts[:, 0], pool.facts[:, 0])
    assert not held.facts[:, 1].any()
    assert 0.4 < np.mean(pool.facts[:, 1]) < 0.6
    assert 0.4 < np.mean(pool.facts[:, 0]) < 0.6
    assert len(set(layout_hashes(pool))) > 200


def test_lanes_lead_from_the_start_over_the_ice_to_the_ends(pool, cells):
    walls, ice = cells
    assert walls.shape[1] == HEIGHT
    for level in range(256):
        (end, upper), (other, lower) = np.asarray(pool.places[level]).tolist()
        assert end == other
        assert (upper, lower) == (UPPER, LOWER)
        assert end + 1 in (7, 9, 11)
        assert np.asarray(pool.start[level]).tolist() == [0, MIDDLE]
        assert not walls[level, [UPPER, LOWER], : end + 1].any()
        assert walls[level, :, end + 1 :].all()
        rows, columns = np.nonzero(ice[level])
        assert rows.tolist() == [UPPER, MIDDLE, LOWER]
        assert len(set(columns)) == 1
        assert 2 <= columns[0] <= end - 3
        # After the ice there is a gap to the other lane, and no path past the ends.
        assert not walls[level, MIDDLE, [0, end - 1]].any()
        assert walls[level, MIDDLE, [1, end]].all()  # The way past the lanes is closed.


def test_the_shortest_paths_are_straight(pool):
    """The plans of both goals reach their ends in as few steps as the length of the maze allows."""
    planner = Planner(ENV, first_only=True, discount=0.9)
    start = jax.vmap(lambda level: ENV.state_number(ENV.start(level)))(pool)
    values = jax.jit(
        lambda pool: jax.lax.map(lambda level: make_plan(planner, level).state_values.own, pool)
    )(pool)
    best = np.asarray(values)[np.arange(256), :, start]
    straight = 0.9 ** (np.asarray(pool.places[:, 0, 0], float))
    np.testing.assert_allclose(best, np.stack((straight, straight), axis=1), rtol=1e-4)


@pytest.mark.parametrize(
    "settings", [{"slippery": 1.5}, {"lengths": ()}, {"lengths": (5,)}, {"gaps": -0.1}, {"alcoves": 2.0}]
)
def test_invalid_parameters_are_refused(settings):
    with pytest.raises(ValueError, match=r"probability|lengths"):
        dataclasses.replace(MemoryLevels(), **settings)
