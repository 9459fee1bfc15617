"""Sums with unknown terms: dialogues, generated levels, and the view."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.levels import generate, layout_hashes
from gmbench.envs.core.text import LevelError
from gmbench.envs.query import ADDED, LINES, MOST, SEAT, SUBTRACTED, Query, QueryLevels

ENV = Query()
advance, rewards_of, view = jax.jit(ENV.advance), jax.jit(ENV.rewards), jax.jit(ENV.view)
ASK, BEAD, ANSWER = range(3)
TWO = [BEAD, BEAD, ANSWER]
"""The answer 2."""
SUM = """
    ...........
    ...........
    +++........
    ...........
    ...........
    ...........
    --....@....
    ...........
    ...........
    ...........
    +..........
    ...........
    ...........
    unknown {}
"""
"""3 - 2 + 1, on the lines 1, 3 and 5."""
NOTHING, MIDDLE, OUTER = 0, 1 << 3, 1 << 1 | 1 << 5
"""Sets of unknown lines."""


def play(unknown, actions):
    """The last state and the rewards of an episode that ends with the last action."""
    level = ENV.parse(SUM.format(unknown))
    state, total = ENV.start(level), np.zeros(2)
    for action in actions:
        assert not ENV.ended(level, state)
        following = advance(level, state, jnp.int32(action))
        total += rewards_of(level, state, jnp.int32(action), following)
        state = following
    return level, state, total.tolist()


def seen(unknown, actions, channel):
    level, state, _ = play(unknown, actions)
    return np.asarray(view(level, state))[..., ENV.channels.index(channel)]


# Dialogues.


@pytest.mark.parametrize(
    ("unknown", "actions", "rewards"),
    [
        (NOTHING, TWO, [1, 0]),
        (NOTHING, [ASK, *TWO], [0, 1]),
        (MIDDLE, [ASK, *TWO], [1, 1]),
        (MIDDLE, [ASK, ASK, *TWO], [0, 1]),
        (OUTER, [ASK, ASK, *TWO], [1, 1]),
        (OUTER, [ASK, *TWO], [0, 0]),
        (MIDDLE, TWO, [0, 0]),
    ],
    ids=["at once", "needless", "needed", "one too many", "two needed", "one too few", "guessed"],
)
def test_the_questions_before_a_right_answer_decide_which_goal_counts(unknown, actions, rewards):
    level, state, gained = play(unknown, actions)
    assert gained == rewards
    assert ENV.ended(level, state)


@pytest.mark.parametrize("beads", [0, 1, 3])
def test_a_wrong_answer_ends_the_episode_without_a_reward(beads):
    level, state, gained = play(NOTHING, [*[BEAD] * beads, ANSWER])
    assert gained == [0, 0]
    assert ENV.ended(level, state)


def test_questions_after_the_first_bead_do_nothing():
    assert play(MIDDLE, [BEAD, ASK, BEAD, ANSWER])[2] == [0, 0]
    assert play(NOTHING, [BEAD, ASK, BEAD, ANSWER])[2] == [1, 0]


def test_questions_and_beads_are_counted_up_to_a_limit():
    _, state, _ = play(NOTHING, [ASK] * (LINES + 3) + [BEAD] * (MOST + 2))
    assert (int(state.questions), int(state.beads)) == (LINES + 1, MOST)
    assert int(ENV.state_number(state)) < ENV.state_count(None)


# What is seen.


def test_beads_are_hidden_until_they_are_asked_for_from_the_top():
    added = [seen(OUTER, [ASK] * questions, "added").sum(axis=1) for questions in range(3)]
    assert [{row: n for row, n in enumerate(rows.tolist()) if n} for rows in added] == [
        {},
        {2: 3},
        {2: 3, 10: 1},
    ]
    marks = [np.argwhere(seen(OUTER, [ASK] * questions, "unknown")).tolist() for questions in range(3)]
    assert marks == [[[2, 0], [10, 0]], [[10, 0]], []]
    assert seen(OUTER, [], "subtracted").sum() == 2


def test_answer_and_questions_are_shown():
    assert np.argwhere(seen(MIDDLE, [ASK, BEAD, BEAD], "answer")).tolist() == [[12, 0], [12, 1]]
    assert seen(NOTHING, [ASK, ASK], "asked").sum(axis=1).tolist() == [0] * 11 + [13] * 2


def test_a_needless_question_changes_only_the_sign():
    before, after = (seen(NOTHING, actions, "added") for actions in ([], [ASK]))
    assert (before == after).all()


def test_drawing_of_a_state_hides_what_is_unknown():
    level, state, _ = play(OUTER, [ASK, BEAD])
    rows = ENV.draw(level, state).splitlines()
    assert (rows[2][:3], rows[6][:2], rows[10][0], rows[12][:2]) == ("+++", "--", "?", "o.")


def test_agent_anywhere_but_in_its_seat_is_refused():
    with pytest.raises(LevelError, match="row 7 from the bottom"):
        ENV.parse(SUM.format(0).replace("@", ".").replace("+..........", "+..@......."))


# The generator.


@pytest.fixture(scope="module")
def paired_pools():
    """Pools of 256 with one or two unknowns and with none, from one key."""
    laws = (QueryLevels(unknowns=unknowns, terms=(2, 4)) for unknowns in ((1, 2), (0,)))
    return [generate(law, jax.random.key(0), 256) for law in laws]


def terms(pool):
    """The term on every line, 0 for none: int[levels, LINES]."""
    rows, there = np.asarray(pool.places)[..., 1], np.asarray(pool.places)[..., 0] != NOWHERE
    lines = [there & (rows == 2 * line) for line in range(LINES)]
    return np.stack([on[:, ADDED].sum(axis=1) - on[:, SUBTRACTED].sum(axis=1) for on in lines], axis=1)


def test_sums_have_the_given_numbers_of_terms_and_values(paired_pools):
    found = terms(paired_pools[0])
    assert set(np.count_nonzero(found, axis=1).tolist()) == {2, 4}
    assert set(found.sum(axis=1).tolist()) == set(range(3, 9))
    assert set(found.ravel().tolist()) == set(range(-5, 6))
    assert (np.count_nonzero(found, axis=0) > 0).all()


def test_sums_have_the_given_numbers_of_unknowns(paired_pools):
    unknown = np.asarray(paired_pools[0].facts)[:, :1] >> np.arange(LINES) & 1
    assert set(unknown.sum(axis=1).tolist()) == {1, 2}
    assert (terms(paired_pools[0])[unknown == 1] != 0).all()
    assert (np.asarray(paired_pools[1].facts) == 0).all()


def test_paired_levels_differ_only_by_the_unknown_terms(paired_pools):
    asked, known = paired_pools
    assert layout_hashes(asked) == layout_hashes(known)
    assert (asked.places == known.places).all()
    assert (asked.start == SEAT).all()


def test_different_sums_are_different_layouts(paired_pools):
    sums = {tuple(row) for row in terms(paired_pools[0]).tolist()}
    assert len(set(layout_hashes(paired_pools[0]))) == len(sums) > 200


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"terms": ()}, "terms is empty"),
        ({"terms": (5,)}, "terms are"),
        ({"unknowns": (3,)}, "unknowns are"),
        ({"values": (3, 11)}, "values are"),
        ({"values": (8, 3)}, "values must be the smallest and the largest"),
        ({"terms": (1,), "values": (6, 8)}, "no sum"),
    ],
)
def test_invalid_parameters_are_refused(settings, problem):
    with pytest.raises(ValueError, match=problem):
        QueryLevels(**settings)
