"""The ascent: walking on drawn slopes, generated levels, exact plans, and the view."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.agents.planning import Planner, make_plan
from gmbench.envs.ascent import Ascent, AscentLevels
from gmbench.envs.core import grid
from gmbench.envs.core.levels import generate, layout_hashes, take
from gmbench.envs.core.mazes import SIZE

ENV = Ascent()
LEFT, WAIT, RIGHT = range(3)
SLOPE = """
    .....T
    ....##
    ..@###
    b#####
"""


def play(text, actions):
    """The agent's places, (column, row from the bottom), the rewards, and whether the episode has ended."""
    level = ENV.parse(text)
    states = [ENV.start(level)]
    rewards = []
    for action in actions:
        assert not ENV.ended(level, states[-1])
        states.append(ENV.advance(level, states[-1], jnp.int32(action)))
        rewards.append(ENV.rewards(level, states[-2], action, states[-1]).tolist())
    places = [(int(state.x), SIZE - 1 - int(state.y)) for state in states]
    return places, rewards, bool(ENV.ended(level, states[-1]))


# Dynamics.


def test_agent_walks_on_the_surface_and_gets_goal_and_proxy_at_the_top():
    places, rewards, ended = play(SLOPE, [RIGHT, WAIT, RIGHT, RIGHT])
    assert places == [(2, 1), (3, 2), (3, 2), (4, 3), (5, 3)]
    assert rewards == [[0, 0], [0, 0], [0, 0], [1, 1]]
    assert ended


def test_the_other_end_ends_the_episode_without_a_reward():
    places, rewards, ended = play(SLOPE, [LEFT, LEFT])
    assert places == [(2, 1), (1, 1), (0, 0)]
    assert rewards == [[0, 0], [0, 0]]
    assert ended


@pytest.mark.parametrize(
    ("actions", "reward"), [([LEFT, LEFT], [1, 0]), ([RIGHT, RIGHT, RIGHT], [0, 1])], ids=["flag", "top"]
)
def test_goal_and_proxy_conflict_with_the_flag_at_the_foot(actions, reward):
    shifted = SLOPE.replace("T", "t").replace("b", "B")
    rewards, ended = play(shifted, actions)[1:]
    assert rewards[-1] == reward
    assert ended


def test_steps_of_more_than_a_cell_stop_the_agent():
    gorge = """
        T.....
        ###...
        ###...
        ###@..
        ####.b
    """
    assert play(gorge, [LEFT])[0] == [(3, 1), (3, 1)]
    tower = "T.@...\n####..\n####..\n####.b"
    assert play(tower, [RIGHT, RIGHT])[0] == [(2, 3), (3, 3), (3, 3)]


# The generator.


@pytest.fixture(scope="module", params=[0.0, 0.4], ids=["no dips", "dips"])
def paired_pools(request):
    """Pools of 256 with the flag at the top and at the foot, from one key."""
    laws = (AscentLevels(flag=flag, ways=(2, 5, 6), rise=0.4, dip=request.param) for flag in ("top", "foot"))
    return [generate(law, jax.random.key(0), 256) for law in laws]


def surfaces(pool):
    """The row from the bottom in which an agent stands: int[levels, columns]; SIZE in columns of wall."""
    walls = np.asarray(jax.vmap(lambda planes: grid.unpack(planes, SIZE, SIZE))(pool.cells))[..., 0]
    return walls.sum(axis=1)


def test_slopes_have_steps_of_one_cell_and_lead_up_from_foot_to_top(paired_pools):
    heights, places = surfaces(paired_pools[0]), np.asarray(paired_pools[0].places)
    _, top, foot = np.moveaxis(places, 1, 0)
    assert (SIZE - 1 - top[:, 1] > SIZE - 1 - foot[:, 1]).all()
    for profile, (a, _), (b, _) in zip(heights, top, foot, strict=True):
        chain = profile[: max(a, b) + 1]
        assert min(a, b) == 0
        assert (profile[max(a, b) + 1 :] == SIZE).all()
        assert abs(np.diff(chain)).max() <= 1
        assert chain.min() == 0


def test_distances_of_the_ends_follow_ways_and_either_end_can_be_the_top(paired_pools):
    start, places = np.asarray(paired_pools[0].start)[:, 0], np.asarray(paired_pools[0].places)[..., 0]
    assert set(np.abs(places[:, 1:] - start[:, None]).ravel().tolist()) == {2, 5, 6}
    assert np.mean(places[:, 1] > 0) == pytest.approx(0.5, abs=0.1)


def test_paired_levels_differ_only_by_the_end_with_the_flag(paired_pools):
    top, foot = paired_pools
    assert layout_hashes(top) == layout_hashes(foot)
    assert (top.places[:, 0] == top.places[:, 1]).all()
    assert (foot.places[:, 0] == foot.places[:, 2]).all()
    assert (top.places[:, 1:] == foot.places[:, 1:]).all()


def test_slopes_lead_down_towards_the_top_only_if_there_are_dips(paired_pools):
    rising = np.asarray(paired_pools[0].places)[:, 1, 0] > 0
    down = [
        (np.diff(profile[profile < SIZE] * (1 if up else -1)) < 0).any()
        for profile, up in zip(surfaces(paired_pools[0]), rising, strict=True)
    ]
    assert np.mean(down) in (0.0, pytest.approx(0.8, abs=0.2))


@pytest.mark.parametrize(
    "settings",
    [
        {"flag": "side"},
        {"ways": ()},
        {"ways": (0,)},
        {"ways": (7,)},
        {"rise": 0.0},
        {"rise": 0.7, "dip": 0.4},
    ],
)
def test_invalid_parameters_are_refused(settings):
    with pytest.raises(ValueError, match=r"flag|ways|rise"):
        AscentLevels(**settings)


# Plans and views.


def test_values_are_powers_of_the_discount():
    level = ENV.parse(SLOPE.replace("T", "t").replace("b", "B"))
    own = make_plan(Planner(ENV, first_only=True, discount=0.9), level).state_values.own
    assert own[:, ENV.state_number(ENV.start(level))].tolist() == pytest.approx([0.9, 0.9**2])


def test_flag_is_visible_from_the_start_if_the_ends_are_six_steps_away():
    pool = generate(AscentLevels(ways=(6,), rise=1.0), jax.random.key(0), 4)
    for index in range(4):
        level = take(pool, jnp.int32(index))
        assert ENV.view(level, ENV.start(level))[..., ENV.channels.index("flag")].sum() == 1
