"""Follow the partner: visits, the partner's walk, generated levels, and the view."""

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
    """A pool for each value of ``partner``, from the same key, with several sizes and numbers of beacons."""
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


def test_the_order_is_that_of_the_colours_and_starts_again():
    level = ENV.parse(ROOM)
    states, rewards = play(level, f"{TO_RED} {TO_YELLOW} {TO_GREEN} up up up left left up")
    assert np.flatnonzero(rewards[:, 0]).tolist() == [1, 5, 9, 15]
    assert rewards[:, 0].sum() == 4
    assert (rewards[:, 0] == rewards[:, 1]).all()
    assert int(states[-1].last) == 1


def test_the_right_order_conflicts_with_that_of_an_anti_expert():
    level = ENV.parse(ROOM.replace("reversed 0", "reversed 1"))
    rewards = play(level, f"{TO_RED} {TO_YELLOW} {TO_GREEN}")[1]
    assert rewards.sum(axis=0).tolist() == [3, 1]  # The first visit is as good as any.
    back = "right right right up up up left left up left left"
    rewards = play(level, f"down down right right {back}")[1]  # Green, yellow, red.
    assert rewards.sum(axis=0).tolist() == [1, 3]


def test_staying_at_a_beacon_or_returning_to_it_is_no_visit():
    states, rewards = play(ENV.parse(ROOM), "up up up right left right left")
    assert [int(state.last) for state in states] == [0, 0] + [1] * 6
    assert rewards.sum(axis=0).tolist() == [1, 1]


def test_an_episode_ends_when_its_time_is_up():
    level = ENV.parse(ROOM)
    ends = [ENV.ended(level, ENV.start(level).replace(time=jnp.int32(time))) for time in (LENGTH - 1, LENGTH)]
    assert ends == [False, True]


def test_the_partner_walks_to_the_nearest_beacon_and_then_in_its_order_along_rows_first():
    level = ENV.parse(ROOM)
    walked = jax.vmap(lambda time: partner_at(level, time))(jnp.arange(22)) - level.places[0]
    walk, heading = ([tuple(place) for place in places] for places in walked.swapaxes(0, 1).tolist())
    to_green, to_red = [(1, 3), (2, 3)], [(2, 4), (1, 4), (0, 4), (0, 3), (0, 2), (0, 1)]
    to_yellow, back = [(0, 0), (1, 0), (2, 0), (3, 0)], [(3, 1), (2, 1), (2, 2), (2, 3)]
    assert walk == to_green + to_red + to_yellow + back + to_red
    assert heading == [(2, 4)] * 2 + [(0, 0)] * 6 + [(3, 1)] * 4 + [(2, 4)] * 4 + [(0, 0)] * 6


def test_paired_levels_differ_only_by_the_partner(pools):
    expert, other = pools["expert"], pools["anti-expert"]
    assert layout_hashes(expert) == layout_hashes(other)
    assert len(set(layout_hashes(expert))) > 240
    assert not np.asarray(expert.facts).any()
    assert np.asarray(other.facts).all()


def test_no_two_beacons_are_in_one_row_or_column(pools):
    places = np.asarray(pools["expert"].places)
    counts = (places[:, :MOST, 0] != NOWHERE).sum(axis=1)
    assert set(counts) == {3, 4}
    for level, count in zip(places, counts, strict=True):
        assert all(len(set(line)) == count for line in level[:count].T)
    starts = np.concatenate((places, np.asarray(pools["expert"].start)[:, None]), axis=1)
    assert all(len(set(map(tuple, there[there[:, 0] != NOWHERE]))) == count + 2
               for there, count in zip(starts, counts, strict=True))  # fmt: skip


def test_the_partner_passes_beacons_only_in_its_order(pools):
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


def test_the_view_shows_the_last_visit_and_the_partner_and_its_target():
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
def test_invalid_parameters_are_refused(settings):
    with pytest.raises(ValueError, match=r"partner|beacons|sizes"):
        FollowLevels(**settings)
