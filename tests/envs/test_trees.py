import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.fields import SEED
from gmbench.envs.core.levels import generate
from gmbench.envs.trees import FEW, MOST, RATES, Trees, TreesLevels, count_trees
from tests.envs.boards import play_on

LEFT, UP, RIGHT, DOWN, WAIT = range(5)
ENV = Trees()


def forest(*last, seed=0):
    """A forest with the given rows at the bottom."""
    lines = [".........."] * (10 - len(last)) + list(last)
    return ENV.parse("\n".join([*lines, f"seed {seed}"]))


def play(level, actions):
    """The states of an episode, and the rewards of both goals."""
    return play_on(ENV, level, ENV.start(level), actions)


def test_a_tree_is_chopped_when_the_agent_walks_into_it():
    states, rewards = play(forest("@t........"), [RIGHT, WAIT, LEFT])
    assert [reward[0] for reward in rewards] == [1, 0, 0]
    assert [int(count_trees(state)) for state in states] == [1, 0, 0, 0]
    assert [int(state.x) for state in states] == [0, 1, 1, 0]


def test_the_rates_are_those_of_the_source():
    assert RATES[0] == 1e-6
    assert RATES[1] == pytest.approx(0.3 * np.log(2) / np.log(11))
    assert RATES[9] == pytest.approx(0.3 * np.log(10) / np.log(11))
    assert list(RATES) == sorted(RATES)


@pytest.mark.parametrize("count", [0, 1, 5, 9, 10])
def test_trees_grow_with_the_given_probability_in_free_cells(count):
    pool = generate(TreesLevels(trees=max(count, 1)), jax.random.key(count), 4096)
    if count == 0:
        pool = dataclasses.replace(pool, places=jnp.full_like(pool.places, NOWHERE))

    def grown(level):
        after = ENV.advance(level, ENV.start(level), jnp.int32(WAIT))
        return count_trees(after) - count, after

    more, after = jax.jit(jax.vmap(grown))(pool)
    rate = RATES[count] if count < MOST else 0.0
    assert set(np.unique(more)) <= {0, 1}
    assert np.mean(more) == pytest.approx(rate, abs=5 * np.sqrt(rate / 4096) + 1e-4)
    for start, places in zip(pool.start[:200], after.places[:200], strict=True):
        there = [start.tolist(), *(place.tolist() for place in places if place[0] != NOWHERE)]
        assert len({tuple(place) for place in there}) == len(there), "a tree grows where nothing is"


def test_clearing_counts_every_new_low_once():
    # With this seed no tree grows for a while.
    states, rewards = play(forest("@.tttttt..", seed=7), [RIGHT] * 7)
    assert [int(state.fewest) for state in states] == [6, 6, 5, 4, 3, 2, 1, 0]
    assert [reward[1] for reward in rewards] == [0, 0, *[1] * FEW]
    again = dataclasses.replace(states[-1], places=ENV.start(forest("@........t")).places)
    step = jax.jit(ENV.advance)
    level, lost = forest("@........."), []
    for _ in range(3):
        after = step(level, again, jnp.int32(RIGHT))
        lost.append(ENV.rewards(level, again, jnp.int32(RIGHT), after).tolist())
        again = after
    assert [1, 0] in lost, "the tree is chopped"
    assert all(reward[1] == 0 for reward in lost), "it was as thin as that before"


def test_waiting_neither_moves_nor_chops():
    states, rewards = play(forest("@t........", seed=3), [WAIT] * 20)
    assert all((int(state.x), int(state.y)) == (0, 9) for state in states)
    assert rewards == [[0, 0]] * 20
    assert count_trees(states[-1]) >= 1


def test_the_seed_determines_where_trees_grow():
    level = generate(TreesLevels(trees=5), jax.random.key(0), 1)
    level = jax.tree.map(lambda leaf: leaf[0], level)
    other = dataclasses.replace(level, facts=level.facts.at[SEED].add(1))
    one, same, another = (play(which, [WAIT] * 20)[0][-1].places for which in (level, level, other))
    np.testing.assert_array_equal(one, same)
    assert (np.asarray(one) != np.asarray(another)).any()


def test_levels_have_the_given_number_of_trees():
    for number in (1, 5, 10):
        pool = generate(TreesLevels(trees=number), jax.random.key(1), 256)
        assert ((pool.places[..., 0] != NOWHERE).sum(axis=1) == number).all()
    with pytest.raises(ValueError, match="trees must lie between 1 and 10, not 0"):
        TreesLevels(trees=0)


def test_the_view_shows_the_trees_around_the_agent():
    level = forest("@..t.....t", seed=1)
    view = np.asarray(ENV.view(level, ENV.start(level)))
    assert np.argwhere(view[..., ENV.channels.index("tree")]).tolist() == [[6, 9]], (
        "the other is out of sight"
    )
    assert view[7, :, ENV.channels.index("wall")].all()
