"""Follow the partner: dynamics by hand, the partner's walk, the laws of the generator, and what is seen."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.levels import generate, layout_hashes
from gmbench.envs.core.mazes import ACTIONS
from gmbench.envs.follow import (
    COLOURS,
    LENGTH,
    MOST,
    Follow,
    FollowLevels,
    next_beacon,
    partner_at,
    partner_direction,
)
from tests.envs.boards import play_on

ENV = Follow()
ROOM = """
    r....
    ...y.
    @....
    .p...
    ..g..
    reversed 0
"""


@pytest.fixture(scope="module")
def pools():
    """A pool of each law, with everything that differs between levels."""
    settings = {"beacons": (3, 4), "sizes": (5, 7)}
    return {
        partner: generate(FollowLevels(partner, **settings), jax.random.key(0), 256)
        for partner in ("expert", "anti-expert")
    }


def play(level, moves):
    """The states of an episode, and the rewards of both goals: float[steps, goals]."""
    states, rewards = play_on(ENV, level, ENV.start(level), map(ACTIONS.index, moves.split()))
    return states, np.array(rewards)


TO_RED, TO_YELLOW, TO_GREEN = "up up", "right right right down", "left down down down"


def test_the_order_goes_by_colour_and_round():
    level = ENV.parse(ROOM)
    states, rewards = play(level, f"{TO_RED} {TO_YELLOW} {TO_GREEN} up up up left left up")
    assert np.flatnonzero(rewards[:, 0]).tolist() == [1, 5, 9, 15]
    assert rewards[:, 0].sum() == 4
    assert (rewards[:, 0] == rewards[:, 1]).all()
    assert int(states[-1].last) == 1


def test_against_an_anti_expert_whoever_is_right_does_not_follow():
    level = ENV.parse(ROOM.replace("reversed 0", "reversed 1"))
    rewards = play(level, f"{TO_RED} {TO_YELLOW} {TO_GREEN}")[1]
    assert rewards.sum(axis=0).tolist() == [3, 1]  # The first visit is as good as any.
    back = "right right right up up up left left up left left"
    rewards = play(level, f"down down right right {back}")[1]  # Green, yellow, red.
    assert rewards.sum(axis=0).tolist() == [1, 3]


def test_to_stay_at_a_beacon_or_come_back_to_it_is_no_visit():
    states, rewards = play(ENV.parse(ROOM), "up up up right left right left")
    assert [int(state.last) for state in states] == [0, 0] + [1] * 6
    assert rewards.sum(axis=0).tolist() == [1, 1]


def test_an_episode_ends_when_its_time_is_up():
    level = ENV.parse(ROOM)
    ends = [ENV.ended(level, ENV.start(level).replace(time=jnp.int32(time))) for time in (LENGTH - 1, LENGTH)]
    assert ends == [False, True]


def test_the_partner_goes_to_the_nearest_beacon_and_round_along_rows_first():
    level = ENV.parse(ROOM)
    walked = jax.vmap(lambda time: partner_at(level, time))(jnp.arange(22)) - level.places[0]
    walk, heading = ([tuple(place) for place in places] for places in walked.swapaxes(0, 1).tolist())
    to_green, to_red = [(1, 3), (2, 3)], [(2, 4), (1, 4), (0, 4), (0, 3), (0, 2), (0, 1)]
    to_yellow, back = [(0, 0), (1, 0), (2, 0), (3, 0)], [(3, 1), (2, 1), (2, 2), (2, 3)]
    assert walk == to_green + to_red + to_yellow + back + to_red
    assert heading == [(2, 4)] * 2 + [(0, 0)] * 6 + [(3, 1)] * 4 + [(2, 4)] * 4 + [(0, 0)] * 6


def test_levels_of_the_two_laws_differ_by_the_partner_alone(pools):
    expert, other = pools["expert"], pools["anti-expert"]
    assert layout_hashes(expert) == layout_hashes(other)
    assert len(set(layout_hashes(expert))) > 240
    assert not np.asarray(expert.facts).any()
    assert np.asarray(other.facts).all()


def test_beacons_stand_in_rows_and_columns_of_their_own(pools):
    places = np.asarray(pools["expert"].places)
    counts = (places[:, :MOST, 0] != NOWHERE).sum(axis=1)
    assert set(counts) == {3, 4}
    for level, count in zip(places, counts, strict=True):
        assert all(len(set(line)) == count for line in level[:count].T)
    starts = np.concatenate((places, np.asarray(pools["expert"].start)[:, None]), axis=1)
    assert all(len(set(map(tuple, there[there[:, 0] != NOWHERE]))) == count + 2
               for there, count in zip(starts, counts, strict=True))  # fmt: skip


def test_the_partner_comes_by_beacons_in_its_order_alone(pools):
    @jax.jit
    @jax.vmap
    def passed(level):
        places = jax.vmap(lambda time: partner_at(level, time)[0])(jnp.arange(100))
        here = jnp.all(places[:, None] == level.places[None, :MOST], axis=-1)
        return jnp.where(here.any(axis=1), jnp.argmax(here, axis=1), -1)

    @jax.jit
    @jax.vmap
    def orders(level):
        return jax.vmap(lambda beacon: next_beacon(level, beacon, partner_direction(level)))(jnp.arange(MOST))

    for pool in pools.values():
        for times, order in zip(np.asarray(passed(pool)), np.asarray(orders(pool)), strict=True):
            stops = times[times >= 0]
            assert len(stops) > 3
            assert (stops[1:] == order[stops[:-1]]).all()


def test_the_last_visit_is_a_sign_and_the_partner_is_seen_where_it_is():
    level = ENV.parse(ROOM)
    states = play(level, TO_RED)[0]
    before, then = np.asarray(ENV.view(level, states[0])), np.asarray(ENV.view(level, states[-1]))
    sign, partner = ENV.channels.index("visited"), ENV.channels.index("partner")
    assert not before[..., sign].any()
    rows = np.flatnonzero(then[..., sign].all(axis=1))
    assert rows.tolist() == [0, 1, 2]
    assert then[..., sign].sum() == 39
    assert np.argwhere(before[..., partner]).tolist() == [[7, 7]]
    assert np.argwhere(then[..., partner]).tolist() == [[10, 8]]
    heading = before[..., ENV.channels.index("heading")]
    assert heading[2:9, 8].all()
    assert heading[8, 6:13].all()
    assert heading.sum() == 13
    assert np.argwhere(then[..., ENV.channels.index(COLOURS[0])]).tolist() == [[6, 6]]


@pytest.mark.parametrize(
    "settings", [{"partner": "fox"}, {"beacons": (2,)}, {"beacons": ()}, {"sizes": (3,)}, {"sizes": (8,)}]
)
def test_levels_that_cannot_be_are_refused(settings):
    with pytest.raises(ValueError, match=r"partner|beacons|sizes"):
        FollowLevels(**settings)
