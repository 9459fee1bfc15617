"""Levels as text: a level that is written and read again is the same to the agent."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.levels import pool_size, take
from gmbench.envs.core.text import LevelError
from gmbench.reports.pictures.frames import unstack
from tests.envs.contract.pytrees import at, form
from tests.envs.contract.rollouts import roll


@pytest.fixture(scope="module")
def reread(task, pools, packs):
    """Levels of all generators and packs, each with the level that is read from its drawing."""
    count = pool_size(packs["iid"])
    levels = [level for group in (pools, packs) for pool in group.values() for level in unstack(pool, count)]
    return [(level, task.env.parse(task.env.draw(level))) for level in levels]


def test_a_level_is_read_from_its_drawing(task, reread):
    for level, again in reread:
        assert task.env.draw(again) == task.env.draw(level)
        # Walls come first in the cells of every level.
        assert (level.cells.words == again.cells.words).all()
        assert (level.start == again.start).all()


def test_a_level_taken_from_a_pool_can_be_drawn(task, pools):
    pool = jax.tree.map(jnp.asarray, pools["iid"])
    assert task.env.draw(take(pool, 7)) == task.env.draw(at(pool, 7))


def test_a_level_that_was_read_plays_like_the_one_that_was_written(task, reread, played, actions):
    pairs = [(level, again) for level, again in reread if form(level) == form(again)]
    for kind in {str(form(level)) for level, _ in pairs}:
        alike = [pair for pair in pairs if str(form(pair[0])) == kind]
        # Repeated until there are as many as in other rollouts, to use the same compiled program.
        chosen = [alike[index] for index in np.resize(np.arange(len(alike)), pool_size(played))]
        one, other = (
            roll(task.env, jax.tree.map(lambda *leaves: np.stack(leaves), *levels), actions)
            for levels in zip(*chosen, strict=True)
        )
        for part in ("observation", "reward", "terminated", "truncated"):
            assert (getattr(one, part) == getattr(other, part)).all(), part
        assert (one.info["goals"] == other.info["goals"]).all()


def test_text_that_is_no_level_is_refused(task):
    with pytest.raises(LevelError):
        task.env.parse("?")


def meanings_of(symbols):
    """The meaning of each single character of a legend."""
    return {symbol: meaning for characters, meaning in symbols.items() for symbol in characters}


def test_every_symbol_and_line_of_a_level_is_in_the_legend(task, reread, played, rollout):
    legend = task.env.legend
    known = meanings_of(legend.symbols)
    texts = [task.env.draw(level) for level, _ in reread]
    playing = unstack(jax.tree.map(lambda leaf: leaf[::4, 0], rollout.state))
    levels = jax.tree.map(jnp.asarray, played)
    texts += [task.env.draw(take(levels, int(now.level)), now.state) for now in playing]
    for text in texts:
        lines = text.splitlines()
        drawing = lines[: len(lines) - len(legend.facts)]
        assert set("".join(drawing)) <= set(known)
        assert [line.split()[0] for line in lines[len(drawing) :]] == list(legend.facts)
    assert all([*known.values(), *legend.facts.values()])


def test_a_refused_symbol_is_answered_with_the_legend(task):
    with pytest.raises(LevelError) as error:
        task.env.parse("?!")
    for meaning in task.env.legend.symbols.values():
        assert meaning in str(error.value)
