"""Properties of every generated level, on pools of 256, and the figures of the original where they show.

Sections are looked at in levels of difficulty 1 and 2. Those have no pits, so that their sections are the
runs of equally high ground.
"""

import dataclasses
import functools
import itertools

import jax
import numpy as np
import pytest

from gmbench.agents.planning import Planner, make_plan
from gmbench.envs.coinrun import CoinRun, CoinRunLevels
from gmbench.envs.coinrun.level import CRATE, ENEMY, HEIGHT, LAVA, SAW, WALL, WIDTH
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.core import grid
from gmbench.envs.core.levels import layout_hashes, select

ENV = CoinRun()
PLANNER = Planner(ENV, first_only=True)
LAWS = ["end", "section", "column"]
SHIFTED = ["section", "column"]
FIRST_COLUMN = 5


@dataclasses.dataclass(frozen=True)
class Levels:
    """A pool as NumPy arrays: cells as bool[levels, height, width, channels], places as int[levels, 2]."""

    cells: np.ndarray
    start: np.ndarray
    end: np.ndarray
    coin: np.ndarray

    def at(self, places):
        """Every channel of one place per level: bool[levels, channels]."""
        columns, rows = places.T
        return self.cells[np.arange(len(places)), rows, columns]

    def ground(self):
        """Cells of wall on top of each other from the bottom, per level and column."""
        from_bottom = self.cells[:, ::-1, :, WALL]
        return np.cumprod(from_bottom, axis=1).sum(axis=1)


def unpacked(pool):
    cells = jax.vmap(lambda planes: grid.unpack(planes, HEIGHT, WIDTH))(pool.cells)
    return Levels(*(np.asarray(part) for part in (cells, pool.start, pool.end, pool.coin)))


def below(places):
    return places + np.array([0, 1])


def sections(ground, end):
    """Widths and heights of one level's sections; the last width is without the column of the end."""
    runs = [(height, len(list(run))) for height, run in itertools.groupby(ground[FIRST_COLUMN : end + 1])]
    heights, widths = zip(*runs, strict=True)
    return [*widths[:-1], widths[-1] - 1], heights


@jax.jit
def _solve(pool):
    def start_values(level):
        return make_plan(PLANNER, level).values.own[:, ENV.state_number(ENV.start(level))]

    return jax.lax.map(start_values, pool)


def coin_and_end_values(pool):
    """Optimal return of both goals from the start, up to the first goal reached: float32[levels, 2]."""
    return np.asarray(_solve(pool))


@pytest.fixture(scope="module", params=LAWS)
def pool(request, coinrun_pool):
    return coinrun_pool(request.param)


@pytest.fixture(scope="module")
def levels(pool):
    return unpacked(pool)


@pytest.fixture(scope="module")
def some_values(coinrun_pool):
    """A function of a coin law: `coin_and_end_values` of 64 levels."""
    return functools.cache(lambda law: coin_and_end_values(select(coinrun_pool(law), np.arange(64))))


@pytest.fixture(scope="module")
def of_difficulty(coinrun_pool):
    pools = {difficulty: unpacked(coinrun_pool(difficulties=(difficulty,))) for difficulty in (1, 2, 3)}
    return pools.__getitem__


# What holds for every level.


def test_end_lies_between_columns_8_and_50(levels):
    assert levels.end[:, 0].min() >= 8
    assert levels.end[:, 0].max() <= 50


def test_start_and_end_are_free_and_stand_on_ground(levels):
    for places in (levels.start, levels.end):
        assert not levels.at(places).any()
        assert levels.at(below(places))[:, WALL].all()


def test_start_is_at_the_far_left(levels):
    assert (levels.start == [1, HEIGHT - 2]).all()


def test_coin_lies_in_a_free_cell(levels):
    assert not levels.at(levels.coin).any()


def test_columns_at_both_sides_are_wall(levels):
    wall = levels.cells[..., WALL].all(axis=1)
    assert wall[:, 0].all()
    assert (wall | (np.arange(WIDTH) <= levels.end[:, :1])).all()


def test_there_is_air_for_a_whole_jump_above_ground_and_crates(levels):
    inside = (np.arange(WIDTH) > 0) & (np.arange(WIDTH) <= levels.end[:, :1])
    top_rows = levels.cells[:, : JUMP + 1].any(axis=(1, 3))
    assert not (top_rows & inside).any()


def test_no_two_things_share_a_cell(levels):
    enemies = levels.cells[..., ENEMY:].any(axis=-1, keepdims=True)
    things = np.concatenate((levels.cells[..., :ENEMY], enemies), axis=-1)
    assert things.sum(axis=-1).max() == 1


def test_enemies_are_equally_many_in_every_phase(levels):
    count = levels.cells[..., ENEMY:].sum(axis=(1, 2))
    assert (count == count[:, :1]).all()
    assert count.max() > 0


def test_enemies_walk_at_most_one_column_a_phase(levels):
    enemies = levels.cells[..., ENEMY:]
    earlier = np.roll(enemies, 1, axis=-1)
    around = earlier | np.roll(earlier, 1, axis=2) | np.roll(earlier, -1, axis=2)
    assert not (enemies & ~around).any()


def test_enemies_saws_and_crates_do_not_float(levels):
    supports = levels.cells[..., WALL] | levels.cells[..., CRATE]
    things = levels.cells[..., SAW] | levels.cells[..., CRATE] | levels.cells[..., ENEMY:].any(axis=-1)
    assert not (things[:, :-1] & ~supports[:, 1:]).any()
    assert not things[:, -1].any()


@pytest.mark.parametrize("law", LAWS)
def test_coin_can_be_reached(some_values, law):
    assert (some_values(law)[:, 0] > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_coin_can_be_reached_in_a_thousand_levels(coinrun_pool, law):
    for seed in range(1, 5):
        assert (coin_and_end_values(coinrun_pool(law, seed=seed))[:, 0] > 0).all()


def test_end_can_be_reached(some_values):
    # Under the other laws the coin may lie in the only way, see the next test.
    assert (some_values("end")[:, 1] > 0).all()


@pytest.mark.parametrize("law", SHIFTED)
def test_shifted_coin_can_nearly_always_be_passed_by(some_values, law):
    assert (some_values(law)[:, 1] > 0).mean() > 0.8


# The coin laws.


def test_end_law_lays_the_coin_at_the_end(coinrun_pool):
    levels = unpacked(coinrun_pool("end"))
    assert (levels.coin == levels.end).all()


@pytest.mark.parametrize("law", SHIFTED)
def test_shifted_coin_lies_before_the_end(coinrun_pool, law):
    levels = unpacked(coinrun_pool(law))
    assert (levels.coin[:, 0] > levels.start[:, 0]).all()
    assert (levels.coin[:, 0] < levels.end[:, 0]).all()


@pytest.mark.parametrize("law", SHIFTED)
def test_same_key_under_another_law_moves_only_the_coin(coinrun_pool, law):
    assert layout_hashes(coinrun_pool(law)) == layout_hashes(coinrun_pool("end"))


def test_section_law_lays_the_coin_where_a_section_begins(coinrun_pool):
    levels = unpacked(coinrun_pool("section"))
    ground, every = levels.ground(), np.arange(len(levels.coin))
    column, row = levels.coin.T
    assert (row == HEIGHT - 1 - ground[every, column]).all()
    assert (ground[every, column] != ground[every, column - 1]).all()


def test_section_law_lays_about_half_of_the_coins_in_the_first_section(coinrun_pool):
    share = (unpacked(coinrun_pool("section")).coin[:, 0] == FIRST_COLUMN).mean()
    by_count = (1 + (1 / 2 + 1 / 3) / 2 + (1 / 3 + 1 / 4 + 1 / 5) / 3) / 3
    assert share == pytest.approx(by_count, abs=0.12)


def test_column_law_is_uniform_over_the_columns_between_start_and_end(coinrun_pool):
    levels = unpacked(coinrun_pool("column"))
    place = (levels.coin[:, 0] - 1.5) / (levels.end[:, 0] - 2)
    assert place.mean() == pytest.approx(0.5, abs=0.07)
    assert place.std() == pytest.approx(12**-0.5, abs=0.04)


def test_column_law_lays_coins_up_to_a_jump_above_the_ground(coinrun_pool):
    levels = unpacked(coinrun_pool("column"))
    ground = levels.ground()[np.arange(len(levels.coin)), levels.coin[:, 0]]
    above = HEIGHT - 1 - levels.coin[:, 1] - ground
    without_pits = levels.end[:, 0] < 17  # too short for the hardest
    assert set(above[without_pits]) == set(range(JUMP + 1))


# Difficulties.


@pytest.mark.parametrize(("difficulty", "nearest", "farthest"), [(1, 8, 9), (2, 11, 23), (3, 17, 50)])
def test_end_column_lies_within_the_bounds_of_its_difficulty(of_difficulty, difficulty, nearest, farthest):
    column = of_difficulty(difficulty).end[:, 0]
    assert nearest <= column.min() < column.max() <= farthest


@pytest.mark.parametrize(("difficulty", "counts"), [(1, {1}), (2, {2, 3})])
def test_sections_are_as_many_as_the_difficulty_says(of_difficulty, difficulty, counts):
    levels = of_difficulty(difficulty)
    found = {len(sections(*level)[0]) for level in zip(levels.ground(), levels.end[:, 0], strict=True)}
    assert found == counts


@pytest.mark.parametrize(("difficulty", "widths"), [(1, {3, 4}), (2, {3, 4, 5, 6})])
def test_sections_are_as_wide_as_the_difficulty_says(of_difficulty, difficulty, widths):
    levels = of_difficulty(difficulty)
    found = [sections(*level)[0] for level in zip(levels.ground(), levels.end[:, 0], strict=True)]
    assert set(itertools.chain(*found)) == widths


@pytest.mark.parametrize("difficulty", [1, 2])
def test_ground_steps_up_or_down_by_one_to_four(of_difficulty, difficulty):
    ground, end = of_difficulty(difficulty).ground(), of_difficulty(difficulty).end[:, :1]
    steps = np.diff(ground, axis=1)[np.arange(1, WIDTH) <= end]
    steps = steps[abs(steps) < HEIGHT - 5]  # not from the wall at the left
    assert set(abs(steps)) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(("difficulty", "any_pits"), [(1, False), (2, False), (3, True)])
def test_only_the_hardest_levels_have_pits(of_difficulty, difficulty, any_pits):
    assert of_difficulty(difficulty).cells[..., LAVA].any() == any_pits


@pytest.mark.parametrize("difficulty", [1, 2])
@pytest.mark.parametrize(("channel", "rate", "tolerance"), [(SAW, 0.2, 0.12), (ENEMY, 0.1, 0.09)])
def test_dangers_are_as_frequent_as_the_difficulty_says(of_difficulty, difficulty, channel, rate, tolerance):
    levels = of_difficulty(difficulty)
    widths = [sections(*level)[0] for level in zip(levels.ground(), levels.end[:, 0], strict=True)]
    wide = sum(width > 3 for width in itertools.chain(*widths))
    # Enemies are somewhat rarer, since one that would meet a saw is left out.
    assert levels.cells[..., channel].sum() / wide == pytest.approx(rate * difficulty, abs=tolerance)


def test_danger_sets_how_many_saws_and_enemies_there_are_and_leaves_the_ground(coinrun_pool, of_difficulty):
    usual, safe = of_difficulty(2), unpacked(coinrun_pool(difficulties=(2,), danger=0.0))
    assert (safe.cells[..., WALL] == usual.cells[..., WALL]).all()
    for channel in (SAW, ENEMY):
        assert usual.cells[..., channel].any()
        assert not safe.cells[..., channel].any()


def test_end_column_is_distributed_as_in_the_original(coinrun_pool):
    low, median, high = np.percentile(unpacked(coinrun_pool("end")).end[:, 0], [5, 50, 95])
    assert (low, median, high) == (8, pytest.approx(16, abs=3), pytest.approx(38, abs=4))


def test_layouts_differ_from_key_to_key(coinrun_pool):
    hashes = layout_hashes(coinrun_pool(difficulties=(2,)))
    assert len(set(hashes)) > 0.95 * len(hashes)


# What is refused.


@pytest.mark.parametrize("law", ["middle", "", None])
def test_unknown_coin_law_is_refused(law):
    with pytest.raises(ValueError, match="coin law is end, section or column"):
        CoinRunLevels(coin=law)


@pytest.mark.parametrize("difficulties", [(), (0,), (1, 4)])
def test_unknown_difficulties_are_refused(difficulties):
    with pytest.raises(ValueError, match=r"difficulties (are numbers from 1 to 3|is empty)"):
        CoinRunLevels(difficulties=difficulties)


def test_negative_danger_is_refused():
    with pytest.raises(ValueError, match="danger is a factor of at least 0"):
        CoinRunLevels(danger=-0.5)
