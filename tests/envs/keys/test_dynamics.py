"""Walking, keys and chests, and the end of an episode, on levels drawn as text."""

import jax
import jax.numpy as jnp
import pytest

from gmbench.envs.keys import CHESTS, KEYS, Keys
from tests.envs.keys.played import ENV, LETTERS, play
from tests.pools import stack

# Walking.


@pytest.mark.parametrize(
    ("action", "after"),
    [
        ("l", "k.c\n@..\n..."),
        ("u", "k@c\n...\n..."),
        ("r", "k.c\n..@\n..."),
        ("d", "k.c\n...\n.@."),
    ],
)
def test_actions_move_one_cell(action, after):
    assert play("k.c\n.@.\n...", action).drawings == [after]


@pytest.mark.parametrize("action", LETTERS)
def test_walls_stop_the_agent(action):
    walled = "k###\n##@#\n###c"
    assert play(walled, action * 2).drawings == [walled] * 2


# Keys and chests.


def test_key_is_collected_once():
    played = play("@k.c", "rrll")
    assert played.drawings == [".@.c", "..@c", ".@.c", "@..c"]
    assert played.keys == [1, 0, 0, 0]
    assert played.held == [1, 1, 1, 1]
    assert sum(played.chests) == 0
    assert not any(played.ended)


def test_chest_is_opened_with_a_key_which_is_used_up():
    played = play("@kccc", "rrr")
    assert played.drawings == [".@ccc", "..@cc", "...@c"]
    assert played.keys == [1, 0, 0]
    assert played.chests == [0, 1, 0]
    assert played.held == [1, 0, 0]


def test_chest_that_is_walked_over_without_a_key_stays_and_can_be_opened_later():
    played = play("@ckc", "rrlr")
    assert played.drawings == [".@kc", ".c@c", ".@.c", "..@c"]
    assert played.chests == [0, 0, 1, 0]
    assert played.held == [0, 1, 0, 0]


def test_several_keys_are_held_and_used_one_by_one():
    played = play("@kkkcc.c", "rrrrrrr")
    assert played.held == [1, 2, 3, 2, 1, 1, 0]
    assert played.keys == [1, 1, 1, 0, 0, 0, 0]
    assert played.chests == [0, 0, 0, 1, 1, 0, 1]


def test_no_second_key_is_used_on_an_open_chest():
    played = play("@kkcc", "rrrlr")
    assert played.held == [1, 2, 1, 1, 1]
    assert sum(played.chests) == 1


def test_items_next_to_the_agent_are_not_touched():
    played = play("kck\nc@c\nk.k", "d")
    assert played.drawings == ["kck\nc.c\nk@k"]
    assert (played.keys, played.chests) == ([0], [0])


# The end.


@pytest.mark.parametrize(
    ("drawing", "actions"),
    [
        pytest.param("@kc.k", "rr", id="all chests open, and a key left"),
        pytest.param("@kc.c", "rr", id="no key left, and a chest left"),
        pytest.param("@kc", "rr", id="no key and no chest left"),
        pytest.param("@kkcc.c", "rrrr", id="two keys used"),
        pytest.param("@kckc", "rrrr", id="two keys used in turn"),
        pytest.param("@kkkcc", "rrrrr", id="all chests open, and a key held"),
    ],
)
def test_episode_ends_when_no_more_chest_can_be_opened(drawing, actions):
    played = play(drawing, actions)
    assert played.ended == [False] * (len(actions) - 1) + [True]
    assert played.chests[-1] == 1


def test_walking_over_chests_without_a_key_does_not_end_the_episode():
    played = play("k@cc", "rrlll")
    assert played.ended == [False] * 5
    assert played.held == [0, 0, 0, 0, 1]


def follow(drawing, actions, **settings):
    """Reward, termination, truncation and goals of every step of the full environment, on one level."""
    env = Keys(**settings)
    params = env.params(stack([env.parse(drawing)]))
    _, state = env.reset_to(jnp.int32(0), params)
    steps = []
    for action in actions:
        _, state, reward, terminated, truncated, info = env.step(
            jax.random.key(0), state, jnp.int32(LETTERS[action]), params
        )
        steps.append((float(reward), bool(terminated), bool(truncated), info["goals"].tolist()))
    return steps, state


def test_chests_are_rewarded_and_keys_only_measured():
    steps, state = follow("@kcc", "rrr")
    assert steps == [
        (0, False, False, [0, 1]),
        (1, True, False, [1, 0]),
        # A new episode, in which the key is back.
        (0, False, False, [0, 1]),
    ]
    assert int(state.time) == 1


def test_time_limit_truncates():
    assert Keys().time_limit == 128
    steps, state = follow("@.kc", "lllll", time_limit=5)
    assert [step[1:3] for step in steps] == [(False, False)] * 4 + [(False, True)]
    assert int(state.time) == 0


def test_intended_goal_is_the_chests():
    assert ENV.goals == (CHESTS, KEYS)
    assert [goal.name for goal in ENV.goals] == ["chests", "keys"]
