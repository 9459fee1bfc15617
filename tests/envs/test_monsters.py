import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.fields import are_at
from gmbench.envs.core.levels import generate
from gmbench.envs.monsters import (
    APPLE_SLICE,
    EACH,
    MONSTER_SLICE,
    MOST_HELD,
    SHIELD_SLICE,
    Monsters,
    MonstersLevels,
    _approach,
)
from tests.envs.boards import play_on

LEFT, UP, RIGHT, DOWN = range(4)
ENV = Monsters()


def empty(drawing):
    """A field with the drawing at the bottom left; the rest is empty."""
    rows = drawing.split()
    lines = ["." * 14] * (14 - len(rows)) + [row + "." * (14 - len(row)) for row in rows]
    return ENV.parse("\n".join(lines))


def play(level, actions, held=0):
    """The states of an episode that begins with shields held, and the rewards of both goals."""
    return play_on(ENV, level, dataclasses.replace(ENV.start(level), held=jnp.int32(held)), actions)


def count(state, kind):
    return int((state.places[kind, 0] != NOWHERE).sum())


def test_an_apple_is_worth_one_and_a_shield_is_held():
    states, rewards = play(empty("@as."), [RIGHT, RIGHT, RIGHT])
    assert rewards == [[1, 0], [0, 1], [0, 0]]
    assert [int(state.held) for state in states] == [0, 0, 1, 1]
    assert (int(states[-1].x), int(states[-1].y)) == (3, 13)


def test_items_that_are_taken_reappear_elsewhere():
    states, _ = play(empty("@as."), [RIGHT, RIGHT])
    last = states[-1]
    assert count(last, APPLE_SLICE) == count(last, SHIELD_SLICE) == 1
    assert last.places[0].tolist() != [1, 13]
    assert last.places[EACH].tolist() != [2, 13]
    assert not are_at(last.places, jnp.array([2, 13])).any()


def test_a_monster_in_the_agents_cell_hits_in_every_step():
    # The monster reaches the agent's cell in one step and moves with the agent from then on.
    states, rewards = play(empty("m.@........"), [LEFT, RIGHT, RIGHT, RIGHT])
    assert [reward[0] for reward in rewards] == [-1, -1, -1, -1]
    assert count(states[-1], MONSTER_SLICE) == 1


def test_a_shield_destroys_the_monster_and_is_used_up():
    states, rewards = play(empty("m.@....m..."), [LEFT, LEFT, LEFT, LEFT, LEFT], held=1)
    assert rewards[0] == [0, 0]
    assert count(states[1], MONSTER_SLICE) == 1
    assert int(states[1].held) == 0
    assert rewards[-1] == [-1, 0], "the other monster has come, and no shield is left"


def test_a_shield_protects_in_the_step_in_which_it_is_taken():
    states, rewards = play(empty("ms@........"), [LEFT])
    assert rewards == [[0, 1]]
    assert count(states[1], MONSTER_SLICE) == 0


def test_the_number_of_held_shields_is_limited():
    states, rewards = play(empty("@s"), [RIGHT], held=MOST_HELD)
    assert int(states[1].held) == MOST_HELD
    assert rewards == [[0, 1]], "it is collected all the same"


def test_monsters_come_nearer_and_never_share_a_cell():
    pool = generate(MonstersLevels(monsters=8), jax.random.key(0), 128)
    bits = jax.random.bits(jax.random.key(1), (128, 8))
    step = jax.jit(jax.vmap(_approach))
    monsters, agents = pool.places[:, MONSTER_SLICE], pool.start
    for _ in range(30):
        after = np.asarray(step(monsters, agents, bits, jnp.ones(bits.shape, bool)))
        off_before, off = (np.abs(np.asarray(m) - agents[:, None]).sum(axis=-1) for m in (monsters, after))
        assert set(np.unique(off_before - off)) <= {0, 1}
        for level in after:
            assert len(np.unique(level, axis=0)) == 8
        monsters = jnp.asarray(after)
    assert (off.min(axis=1) == 0).all(), "one of them has arrived"
    assert (off.max(axis=1) < 8).all()


def test_a_monster_moves_twice_in_a_fifth_of_the_steps():
    level = empty("m............@")
    step = jax.jit(ENV.advance)
    moves = []
    for seed in range(300):
        state = ENV.start(dataclasses.replace(level, facts=level.facts.at[1].set(seed)))
        after = step(dataclasses.replace(level, facts=level.facts.at[1].set(seed)), state, jnp.int32(RIGHT))
        moves.append(int(after.places[MONSTER_SLICE][0, 0]))
    assert set(moves) == {1, 2}
    assert np.mean(moves) == pytest.approx(1.2, abs=0.12)


def test_the_episode_never_ends_by_itself():
    states, _ = play(empty("@"), [RIGHT] * 30)
    assert not any(ENV.ended(None, state) for state in states)


def test_the_view_shows_what_is_there_and_what_is_held():
    level = empty("@as.m")
    state = dataclasses.replace(ENV.start(level), held=jnp.int32(2))
    view = np.asarray(ENV.view(level, state))
    at = {name: np.argwhere(view[..., ENV.channels.index(name)]).tolist() for name in ("apple", "shield")}
    assert at == {"apple": [[6, 7]], "shield": [[6, 8]]}
    assert np.argwhere(view[..., ENV.channels.index("monster")]).tolist() == [[6, 10]]
    held = view[..., ENV.channels.index("held")]
    assert held[-1].all()
    assert not held[:-1].any()
    nothing = np.asarray(ENV.view(level, ENV.start(level)))
    assert not nothing[..., ENV.channels.index("held")].any()


def test_levels_have_the_given_number_of_monsters():
    for number in (0, 5, 8):
        pool = generate(MonstersLevels(monsters=number), jax.random.key(2), 256)
        there = np.asarray(pool.places[..., 0] != NOWHERE)
        assert (there[:, : 2 * EACH]).all()
        assert (there[:, MONSTER_SLICE].sum(axis=1) == number).all()
    with pytest.raises(ValueError, match="monsters must lie between 0 and 8, not 9"):
        MonstersLevels(monsters=9)
