import hypothesis
import hypothesis.strategies as st
import jax
import numpy as np
import pytest

from gmbench.envs.core import grid
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.keys.level import MOST_ITEMS
from gmbench.envs.keys.text import draw, parse
from tests.envs.drawings import refusal, rows, symbols_in


@st.composite
def drawings(draw_from):
    """Drawings as `draw` writes them, with floor in the first row and the last column."""
    width, height = draw_from(st.integers(3, 6)), draw_from(st.integers(2, 5))
    symbols = st.text("#.kc", min_size=width, max_size=width)
    cells = [list(row) for row in draw_from(st.lists(symbols, min_size=height, max_size=height))]
    places = st.tuples(st.integers(0, width - 1), st.integers(0, height - 1)).filter(
        lambda place: place != (width - 1, 0)
    )
    marked = draw_from(st.lists(places, min_size=3, max_size=3, unique=True))
    for (x, y), mark in zip([*marked, (width - 1, 0)], "@kc.", strict=True):
        cells[y][x] = mark
    return rows(*("".join(row) for row in cells))


@hypothesis.settings(max_examples=40, deadline=None)
@hypothesis.given(drawings())
def test_a_level_that_was_read_is_drawn_as_before(drawing):
    assert draw(parse(drawing)) == drawing


@pytest.mark.parametrize(
    ("drawing", "short"),
    [
        (rows("####", "@kc#"), "@kc"),
        (rows("#####", "#@#c#", "##.k#"), rows("#@#c", "##.k")),
        (rows("@kc", "###"), rows("@kc", "###")),
        ("##@kc", "##@kc"),
    ],
)
def test_plain_wall_at_the_top_and_at_the_right_is_left_out(drawing, short):
    assert draw(parse(drawing)) == short
    again = parse(short)
    assert jax.tree.all(jax.tree.map(np.array_equal, again, parse(drawing)))


def test_drawing_lies_at_the_bottom_left_in_wall():
    level = parse(rows("#k.", "@.c"))
    walls = np.asarray(grid.unpack(level.cells, SIZE, SIZE))[..., 0]
    expected = np.ones((SIZE, SIZE), bool)
    expected[-2:, :3] = False
    expected[-2, 0] = True
    assert (walls == expected).all()
    assert level.start.tolist() == [0, SIZE - 1]


def test_items_are_numbered_keys_first_and_row_by_row():
    level = parse(rows("c.k", "@ck", "k.c"))
    low, middle, high = SIZE - 1, SIZE - 2, SIZE - 3
    keys, chests = [[2, high], [2, middle], [0, low]], [[0, high], [1, middle], [2, low]]
    assert level.places.tolist() == keys + chests
    assert (int(level.keys), int(level.chests)) == (0b000111, 0b111000)
    assert level.keys.dtype == level.chests.dtype == np.uint32


def test_agent_is_drawn_at_its_place_and_taken_items_are_left_out():
    level = parse(rows("k.c", "@.k"))
    assert draw(level, (1, SIZE - 2)) == rows("k@c", "..k")
    assert draw(level, (1, SIZE - 2), np.uint32(0b101)) == rows(".@.", "..k")
    assert draw(level, (2, SIZE - 2)) == rows("k.@", "..k")


def test_level_of_as_many_items_as_there_are_bits():
    full = rows("@" + "k" * 12, "c" * 13, "k" * 6 + "." * 7, "." * 12 + "c")
    level = parse(full)
    assert len(level.places) == MOST_ITEMS
    assert int(level.keys) ^ int(level.chests) == (1 << MOST_ITEMS) - 1
    assert draw(level) == full
    assert draw(level, taken=level.keys).count("k") == 0
    assert draw(level, taken=level.keys).count("c") == 14


BAD = {
    "unknown symbol": ("@?.kc", "row 1 of the level holds '?'"),
    "symbol of another environment": (rows("@.kc", "##G#"), "row 2 of the level holds 'G'"),
    "short row": (rows("@.kc", "###"), "row 2 of the level has 3 cells and row 1 has 4"),
    "no agent": ("..kc", "0 cells marked @; mark exactly one as the agent's start"),
    "two agents": ("@@kc", "2 cells marked @; mark exactly one as the agent's start"),
    "no key": ("@.cc", "0 keys and 2 chests; draw at least one of each"),
    "no chest": ("@k..", "1 keys and 0 chests; draw at least one of each"),
    "neither": ("@...", "0 keys and 0 chests; draw at least one of each"),
    "too many items": (
        rows("@" + "k" * 12, "c" * 13, "k" * 8 + "." * 5),
        f"33 keys and chests; at most {MOST_ITEMS} are possible",
    ),
    "empty": ("", "the level is empty"),
    "too high": (
        rows(*["...."] * SIZE, "@.kc"),
        f"{SIZE + 1} rows of 4 cells; at most {SIZE} rows of {SIZE} cells",
    ),
    "too wide": ("@kc" + "." * SIZE, f"1 rows of {SIZE + 3} cells; at most {SIZE} rows of {SIZE} cells"),
}


@pytest.mark.parametrize(("drawing", "message"), BAD.values(), ids=BAD.keys())
def test_error_names_what_is_wrong(drawing, message):
    assert message in refusal(parse, drawing)


def test_error_lists_the_symbols_that_are_possible():
    message = refusal(parse, "@?.kc")
    assert "the symbols are # " in message
    assert symbols_in(message) == set("#.@kc")


def test_largest_drawing_is_a_level():
    drawing = rows("@kc" + "." * (SIZE - 3), *["." * SIZE] * (SIZE - 1))
    assert draw(parse(drawing)) == drawing
