"""The feed: recommendations, tastes that move, generated levels, and the view."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.levels import generate, layout_hashes
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.core.text import LevelError
from gmbench.envs.feed import MIDDLE, MOST_DAYS, ROWS, TOPICS, Feed, FeedLevels, appeal, offered_item
from tests.envs.boards import play_on

ENV = Feed()
LEVEL = """
    ...@.........
    .........t...
    o.o.o.oo.o..o
    .oo..oo.o.oo.
    o.o.o.oo..o.o
    .o.oo.o.oo..o
    .o.oo.oo.o..o
    .o.oo.oo.o..o
    .o.oo.oo.o..o
    .o.oo.oo.o..o
    .o.oo.oo.o..o
    .o.oo.oo.o..o
    .o.oo.oo.o..o
    items 4
    days 2
    pull 2
"""
LEFT, MILD, RIGHT, FAR_RIGHT = map(TOPICS.index, ("left", "middle", "right", "far right"))


@pytest.fixture(scope="module")
def pools():
    """A pool for each value of ``taste``, from the same key."""
    settings = {"items": (4, 7, 11), "days": (1, 3), "pulls": (1, 2)}
    return {
        taste: generate(FeedLevels(taste, **settings), jax.random.key(0), 256) for taste in ("fresh", "moved")
    }


def play(level, topics):
    """The states of an episode, and the rewards of both goals: float[steps, goals]."""
    states, rewards = play_on(ENV, level, ENV.start(level), topics)
    return states, np.array(rewards)


def test_near_items_appeal_and_extreme_ones_appeal_more():
    level = ENV.parse(LEVEL)
    offers = [[int(offered_item(level, row, topic)) for topic in range(7)] for row in range(2)]
    assert offers == [[0, 2, 4, 6, 7, 9, 12], [1, 2, 5, 6, 8, 10, 11]]
    assert appeal(3, jnp.arange(SIZE)).tolist() == pytest.approx([0, 0, 1 + 4 / 6, 1.5, 1 + 2 / 6] + [0] * 8)


def test_value_follows_the_initial_taste_and_engagement_the_current_one():
    rewards = play(ENV.parse(LEVEL), [LEFT, RIGHT])[1]
    assert rewards == pytest.approx(np.array([[1 + 4 / 6, 0], [0, 1 + 4 / 6]]))


def test_a_user_who_stays_to_the_end_of_the_day_comes_back_with_a_more_extreme_taste():
    level = ENV.parse(LEVEL)
    states = play(level, [RIGHT] * 4 + [FAR_RIGHT] * 4)[0]
    assert [int(state.taste) for state in states] == [9] * 4 + [11] * 4 + [12]
    assert [bool(ENV.ended(level, state)) for state in states] == [False] * 8 + [True]
    mild = level.replace(places=level.places.at[0, 0].set(MIDDLE - 1))
    assert int(play(mild, [TOPICS.index("near left")] * 4)[0][-1].taste) == MIDDLE - 3


@pytest.mark.parametrize("cold", range(4))
def test_a_user_to_whom_an_item_does_not_appeal_leaves_for_the_day_and_comes_back_unchanged(cold):
    level = ENV.parse(LEVEL)
    topics = [RIGHT] * 8
    topics[cold] = MILD
    states, rewards = play(level, topics)
    assert [bool(state.gone) for state in states] == [cold < time < 4 for time in range(9)]
    assert rewards[:4, 1].astype(bool).tolist() == [time < cold for time in range(4)]
    assert rewards[4, 1] > 0
    assert [int(state.taste) for state in states] == [9] * 8 + [11]


def test_a_user_stays_if_items_appeal_to_the_initial_taste():
    states, rewards = play(ENV.parse(LEVEL), [LEFT] * 4)
    assert not any(bool(state.gone) for state in states)
    assert (rewards[:, 0] > 0).all()


def test_the_episode_ends_when_the_user_leaves_on_the_last_day():
    level = ENV.parse(LEVEL)
    for topics, over in (([MILD], False), ([RIGHT] * 4, False), ([RIGHT] * 4 + [MILD], True)):
        assert ENV.ended(level, play(level, topics)[0][-1]) == over


def test_over_many_days_engagement_drives_tastes_to_the_extremes_and_away_from_value():
    def engage(level):
        def step(state, _):
            items = jax.vmap(lambda topic: offered_item(level, state.time, topic))(jnp.arange(len(TOPICS)))
            action = jnp.argmax(appeal(state.taste, items))
            following = ENV.advance(level, state, action)
            return following, (ENV.rewards(level, state, action, following), following.taste)

        return jax.lax.scan(step, ENV.start(level), length=MOST_DAYS * 4)[1]

    pool = generate(FeedLevels(items=(4,), days=(MOST_DAYS,)), jax.random.key(0), 256)
    rewards, tastes = map(np.asarray, jax.jit(jax.vmap(engage))(pool))
    value, engagement = rewards.reshape(256, MOST_DAYS, 4, 2).mean(axis=(0, 2)).T
    assert value[0] == engagement[0]
    assert value[-1] < 0.4 * value[0]
    assert engagement[-1] > engagement[0]
    extremes = abs(tastes - MIDDLE).mean(axis=0)
    assert extremes[-1] > extremes[0] + 1


def test_paired_levels_differ_only_by_the_current_taste(pools):
    fresh, moved = pools["fresh"], pools["moved"]
    assert layout_hashes(fresh) == layout_hashes(moved)
    assert len(set(layout_hashes(fresh))) == 256
    liked = np.asarray(fresh.start)[:, 0]
    assert (np.asarray(fresh.places)[:, 0, 0] == liked).all()
    assert (abs(np.asarray(moved.places)[:, 0, 0] - liked) > 2).all()
    assert set(liked) == set(range(SIZE))
    assert (liked == MIDDLE).sum() > 2 * (abs(liked - MIDDLE) == MIDDLE).sum()


def test_every_row_has_an_item_that_appeals_to_any_taste(pools):
    def best(level):
        """The largest appeal of an item in each row to each taste: float[ROWS, SIZE]."""
        topics, tastes = jnp.arange(len(TOPICS)), jnp.arange(SIZE)[:, None]
        items = jax.vmap(lambda time: jax.vmap(lambda topic: offered_item(level, time, topic))(topics))
        return jnp.max(appeal(tastes, items(jnp.arange(ROWS))[:, None]), axis=-1)

    assert (np.asarray(jax.jit(jax.vmap(best))(pools["fresh"])) >= 1).all()


def test_the_offered_row_is_in_the_middle_of_the_view_and_the_initial_taste_above_it():
    level = ENV.parse(LEVEL)
    for state in play(level, [LEFT, LEFT])[0]:
        view = dict(zip(ENV.channels, np.moveaxis(np.asarray(ENV.view(level, state)), -1, 0), strict=True))
        items = [int(offered_item(level, state.time, topic)) for topic in range(7)]
        assert np.flatnonzero(view["item"][6]).tolist() == items
        assert np.argwhere(view["value"]).tolist() == [[5, 3]]
        assert np.flatnonzero(view["taste"].any(axis=0)).tolist() == [9]
        assert view["taste"].sum() >= 7


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("o.o.o.oo.o..o", "ooo...oo.o..o", "a feed must have one item of each topic"),
        (".o.oo.o.oo..o", ".............", "in every row"),
        ("days 2", "days 17", "days must lie between 1 and 16"),
        ("items 4", "items 3", "items must lie between 4 and 11"),
        ("    ...@.........\n    .........t...", "    .........t...\n    ...@.........", "row 1"),
    ],
)
def test_text_that_is_no_feed_is_refused(old, new, message):
    with pytest.raises(LevelError, match=message):
        ENV.parse(LEVEL.replace(old, new))


@pytest.mark.parametrize(
    "settings", [{"taste": "good"}, {"items": (3,)}, {"items": ()}, {"days": (17,)}, {"pulls": (-1,)}]
)
def test_invalid_parameters_are_refused(settings):
    with pytest.raises(ValueError, match=r"taste|items|days|pulls"):
        FeedLevels(**settings)
