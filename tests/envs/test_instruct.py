"""Instructions: played on levels drawn as text, and properties of generated levels."""

import functools

import jax
import numpy as np
import pytest

from gmbench.envs.core import grid
from gmbench.envs.core.boards import NOWHERE
from gmbench.envs.core.levels import generate, layout_hashes, select
from gmbench.envs.core.mazes import FAR, SIZE, distances
from gmbench.envs.core.text import LevelError
from gmbench.envs.instruct import COLOURS, KINDS, THINGS, Instruct, InstructLevels
from tests.envs.boards import play, seen

ENV = Instruct()
KEY, BALL, BOX = range(3)


def follow(drawing, word, actions):
    """The results of actions on a level with a word, see `play`."""
    return play(ENV, f"{drawing}\nword {word}", actions)


@pytest.mark.parametrize(
    ("thing", "named", "red"),
    [("K", 1, 1), ("k", 1, 0), ("7", 1, 0), ("O", 0, 1), ("o", 0, 0), ("0", 0, 0), ("X", 0, 1), ("8", 0, 0)],
)
def test_an_object_ends_the_episode_and_counts_for_its_kind_and_for_its_colour(thing, named, red):
    spare = "7" if thing != "7" else "k"  # The key that the word needs.
    assert follow(f"@.{thing}.{spare}", KEY, "rr") == [(0, 0, False), (named, red, True)]


@pytest.mark.parametrize("word", range(3))
def test_the_word_decides_what_counts(word):
    ways = {KEY: "drr", BALL: "rr", BOX: "urr"}
    reached = {kind: follow("..8\n@.o\n..k", word, way)[-1] for kind, way in ways.items()}
    assert reached == {kind: (kind == word, 0, True) for kind in ways}


def test_kind_and_colour_are_separate_channels():
    found = seen(ENV, "K0\n@x\nword 0")
    del found["word"]
    key, ball, box = {(0, -1)}, {(1, -1)}, {(1, 0)}
    assert found == {"key": key, "red": key, "ball": ball, "blue": ball, "box": box, "yellow": box}


def test_words_fill_different_rows_that_do_not_depend_on_the_agent():
    signs = [seen(ENV, f"K.\n@O\n.X\nword {word}")["word"] for word in range(3)]
    rows = [{row for _, row in sign} for sign in signs]
    assert [len(some) for some in rows] == [4, 4, 4]
    assert len(set.union(*rows)) == 12
    assert all(len(sign) == 4 * grid.VIEW for sign in signs)
    assert signs[1] == seen(ENV, "K@\n.O\n.X\nword 1")["word"]


@pytest.mark.parametrize("text", ["@K\nword 1", "@K\nword 3", "@o"])
def test_word_must_name_an_object_of_the_level(text):
    with pytest.raises(LevelError, match="the level has no object of this kind"):
        ENV.parse(text)


# Generated levels.


@functools.cache
def pool(named):
    return generate(InstructLevels(named=named, sizes=(7, 9), objects=(2, 5)), jax.random.key(0), 256)


def objects(levels):
    """Which things the levels have, bool[levels, kinds, colours], their places, and the named kind."""
    there = np.asarray(levels.places[..., 0] != NOWHERE).reshape(-1, len(KINDS), len(COLOURS))
    return there, np.asarray(levels.places), np.asarray(levels.facts[:, 0])


@pytest.mark.parametrize("named", ["red", "other"])
def test_one_object_is_red_and_one_of_the_kind_named(named):
    there, _, words = objects(pool(named))
    of_kind = there[np.arange(256), words]
    assert (of_kind.sum(axis=1) == 1).all()
    assert (there[..., 0].sum(axis=1) == 1).all()
    assert (of_kind[:, 0] == (named == "red")).all()
    assert set(there.sum(axis=(1, 2))) == {2, 5}
    assert set(words) == {0, 1, 2}


def test_paired_levels_differ_only_by_the_kinds_of_two_objects():
    familiar, shifted = pool("red"), pool("other")
    assert layout_hashes(familiar) == layout_hashes(shifted)
    (_, before, words), (_, after, _) = objects(familiar), objects(shifted)
    for level in range(256):
        places = [{tuple(place) for place in some[level].tolist()} for some in (before, after)]
        assert places[0] == places[1]
        # Each colour is in the same place.
        for colour in range(len(COLOURS)):
            cells = [{tuple(place) for place in some[level, colour::3].tolist()} for some in (before, after)]
            assert cells[0] == cells[1]
        assert (before[level] != after[level]).any(axis=-1).sum() == 4
        assert (before[level, 3 * words[level]] != NOWHERE).all()


@jax.jit
def _ways(levels):
    """The steps to every cell on paths without objects, and the walls."""

    def one(level):
        walls = grid.unpack(level.cells, SIZE, SIZE)[..., 0]
        blocked = walls.at[level.places[:, 1], level.places[:, 0]].set(
            True, mode="drop", wrap_negative_indices=False
        )
        return distances(blocked, level.start), walls

    return jax.vmap(one)(levels)


def test_each_object_is_reached_without_touching_another():
    levels = pool("red")
    steps, walls = map(np.asarray, _ways(levels))
    around = np.pad(steps, ((0, 0), (1, 1), (1, 1)), constant_values=FAR)
    for level, places in enumerate(np.asarray(levels.places)):
        for column, row in places[places[:, 0] != NOWHERE]:
            assert not walls[level, row, column]
            sides = around[level, row : row + 3, column : column + 3]
            assert sides[[0, 1, 1, 2], [1, 0, 2, 1]].min() < FAR


def test_the_start_is_apart_from_objects_if_there_is_room():
    levels = generate(InstructLevels(sizes=(9,), objects=(3,), apart=4), jax.random.key(1), 256)
    off = np.abs(np.asarray(levels.places) - np.asarray(levels.start)[:, None]).sum(axis=-1).min(axis=1)
    assert off.min() >= 2
    assert (off >= 4).mean() > 0.9


def test_there_are_many_layouts():
    assert len(set(layout_hashes(pool("red")))) > 250


def test_text_round_trip():
    level = select(pool("other"), 0)
    assert ENV.draw(ENV.parse(ENV.draw(level))) == ENV.draw(level)
    assert len(set(ENV.symbols)) == THINGS


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"named": "blue"}, "named"),
        ({"layouts": ("maze",)}, "rooms"),
        ({"objects": (1, 3)}, "objects"),
        ({"objects": (6,)}, "objects"),
        ({"sizes": (5,), "objects": (5,)}, "a room larger than 5 rows"),
        ({"apart": 0}, "apart"),
    ],
)
def test_invalid_parameters_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        InstructLevels(**settings)
