import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gmbench.envs.coinrun.level import CRATE, ENEMY, HEIGHT, LAVA, SAW, WALL, WIDTH
from gmbench.envs.coinrun.physics import CoinRunState
from gmbench.envs.coinrun.text import draw, parse
from gmbench.envs.core import grid
from tests.envs.drawings import refusal, rows, symbols_in

ROOM_WIDTH = 6


@st.composite
def drawings(draw_from):
    """Drawings as `draw` writes them: as high as the world, and cut off behind the first column of wall."""
    symbols = st.text("#=~^.123456789abcdef", min_size=ROOM_WIDTH, max_size=ROOM_WIDTH)
    cells = [list(row) for row in draw_from(st.lists(symbols, min_size=HEIGHT, max_size=HEIGHT))]
    places = st.tuples(st.integers(0, ROOM_WIDTH - 2), st.integers(0, HEIGHT - 1))
    agent, coin = draw_from(st.lists(places, min_size=2, max_size=2, unique=True))
    end = (ROOM_WIDTH - 1, draw_from(st.integers(0, HEIGHT - 1)))
    coin_at_end = draw_from(st.booleans())
    marks = {agent: "@", end: "O"} if coin_at_end else {agent: "@", end: "G", coin: "o"}
    for (x, y), mark in marks.items():
        cells[y][x] = mark
    return rows(*("".join(row) + "#" for row in cells))


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(drawings())
def test_a_level_that_was_read_is_drawn_as_before(drawing):
    assert draw(parse(drawing)) == drawing


def channels_at(level, x, y):
    return np.nonzero(grid.unpack(level.cells, HEIGHT, WIDTH)[y, x])[0].tolist()


@pytest.mark.parametrize(
    ("symbol", "channels"),
    [
        ("#", [WALL]),
        ("=", [CRATE]),
        ("~", [LAVA]),
        ("^", [SAW]),
        (".", []),
        ("1", [ENEMY]),
        ("a", [ENEMY + 1, ENEMY + 3]),
        ("f", [ENEMY, ENEMY + 1, ENEMY + 2, ENEMY + 3]),
    ],
)
def test_symbols_stand_for_channels(symbol, channels):
    assert channels_at(parse(f"@{symbol}O"), 1, HEIGHT - 1) == channels


def test_cells_of_start_coin_and_end_are_free():
    level = parse("@oG")
    assert [channels_at(level, x, HEIGHT - 1) for x in range(3)] == [[], [], []]


def test_drawing_lies_at_the_bottom_left_in_rock():
    level = parse(rows("..", ".o", "@G"))
    cells = np.asarray(grid.unpack(level.cells, HEIGHT, WIDTH))
    rock = np.ones((HEIGHT, WIDTH), bool)
    rock[-3:, :2] = False
    assert (cells[..., WALL] == rock).all()
    assert not cells[..., WALL + 1 :].any()
    assert [place.tolist() for place in (level.start, level.coin, level.end)] == [
        [0, HEIGHT - 1],
        [1, HEIGHT - 2],
        [1, HEIGHT - 1],
    ]


def test_indentation_and_blank_lines_around_a_drawing_are_ignored():
    indented = "\n\n    @.oG  \n    ####\n  \n"
    assert jax.tree.all(jax.tree.map(np.array_equal, parse(indented), parse(rows("@.oG", "####"))))


def test_agent_is_drawn_at_its_place_in_the_state():
    level = parse(rows("....", "@.oG", "####"))
    state = CoinRunState(
        x=jnp.int32(1), y=jnp.int32(HEIGHT - 3), rise=jnp.int32(0), phase=jnp.int32(0), dead=jnp.bool_(False)
    )
    assert draw(level, state).splitlines()[-3:] == [".@..#", "..oG#", "#####"]


BAD = {
    "unknown symbol": ("@?.oG", "row 1 of the level holds '?'"),
    "unknown symbol in a later row": (rows("@..oG", "##X##"), "row 2 of the level holds 'X'"),
    "enemy in no phase": ("@0.oG", "row 1 of the level holds '0'"),
    "gap": ("@. .oG", "row 1 of the level holds ' '"),
    "short row": (rows("@..oG", "####"), "row 2 of the level has 4 cells and row 1 has 5"),
    "long row": (rows("@..oG", "######"), "row 2 of the level has 6 cells and row 1 has 5"),
    "blank row": (rows("@..oG", "", "#####"), "row 2 of the level has 0 cells and row 1 has 5"),
    "no agent": ("..oG", "0 cells marked @; mark exactly one as the agent's start"),
    "two agents": ("@@oG", "2 cells marked @; mark exactly one as the agent's start"),
    "no coin": ("@..G", "0 cells marked o or O; mark exactly one as the coin's place"),
    "two coins": ("@ooG", "2 cells marked o or O; mark exactly one as the coin's place"),
    "no end": ("@.o.", "0 cells marked G or O; mark exactly one as the end of the level"),
    "two ends": ("@oGG", "2 cells marked G or O; mark exactly one as the end of the level"),
    "coin twice, once at the end": ("@o.O", "2 cells marked o or O; mark exactly one as the coin's place"),
    "empty": ("", "the level is empty"),
    "only blanks": ("\n   \n\t\n", "the level is empty"),
    "too high": (
        rows(*["...."] * HEIGHT, "@.oG"),
        f"19 rows of 4 cells; at most {HEIGHT} rows of {WIDTH} cells",
    ),
    "too wide": ("@oG" + "." * 50, f"1 rows of 53 cells; at most {HEIGHT} rows of {WIDTH} cells"),
}


@pytest.mark.parametrize(("drawing", "message"), BAD.values(), ids=BAD.keys())
def test_error_names_what_is_wrong(drawing, message):
    assert message in refusal(parse, drawing)


def test_error_lists_the_symbols_that_are_possible():
    message = refusal(parse, "@?.oG")
    assert "the symbols are # " in message
    assert symbols_in(message) == set("#=~^.@oGO123456789abcdef")


@pytest.mark.parametrize("drawing", [rows(*["...."] * (HEIGHT - 1), "@.oG"), "@oG" + "." * (WIDTH - 3)])
def test_largest_drawings_are_levels(drawing):
    assert draw(parse(drawing)).splitlines()[-1].startswith("@")
