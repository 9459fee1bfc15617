"""Difficulty and danger: sizes and rates of generated levels, compared with the original generator's.

Sections are looked for in levels of difficulty 1 and 2 only. These have no pits, so that a section is a run
of columns with equally high ground.
"""

import itertools

import numpy as np
import pytest

from gmbench.envs.coinrun import CoinRunLevels
from gmbench.envs.coinrun.level import ENEMY, HEIGHT, LAVA, SAW, WALL, WIDTH
from gmbench.envs.coinrun.sections import FIRST_COLUMN
from tests.envs.coinrun.generated import unpacked


def sections(ground, end):
    """Widths and heights of one level's sections. The last width does not include the column of the end."""
    runs = [(height, len(list(run))) for height, run in itertools.groupby(ground[FIRST_COLUMN : end + 1])]
    heights, widths = zip(*runs, strict=True)
    return [*widths[:-1], widths[-1] - 1], heights


@pytest.fixture(scope="module")
def of_difficulty(coinrun_pool):
    pools = {difficulty: unpacked(coinrun_pool(difficulties=(difficulty,))) for difficulty in (1, 2, 3)}
    return pools.__getitem__


@pytest.mark.parametrize(("difficulty", "nearest", "farthest"), [(1, 8, 9), (2, 11, 23), (3, 17, 50)])
def test_end_column_lies_within_the_bounds_of_its_difficulty(of_difficulty, difficulty, nearest, farthest):
    column = of_difficulty(difficulty).end[:, 0]
    assert nearest <= column.min() < column.max() <= farthest


@pytest.mark.parametrize(("difficulty", "counts"), [(1, {1}), (2, {2, 3})])
def test_number_of_sections_follows_the_difficulty(of_difficulty, difficulty, counts):
    levels = of_difficulty(difficulty)
    found = {len(sections(*level)[0]) for level in zip(levels.ground(), levels.end[:, 0], strict=True)}
    assert found == counts


@pytest.mark.parametrize(("difficulty", "widths"), [(1, {3, 4}), (2, {3, 4, 5, 6})])
def test_width_of_sections_follows_the_difficulty(of_difficulty, difficulty, widths):
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
def test_frequency_of_dangers_follows_the_difficulty(of_difficulty, difficulty, channel, rate, tolerance):
    levels = of_difficulty(difficulty)
    widths = [sections(*level)[0] for level in zip(levels.ground(), levels.end[:, 0], strict=True)]
    wide = sum(width > 3 for width in itertools.chain(*widths))
    # Enemies are slightly rarer, because an enemy that would meet a saw is left out.
    assert levels.cells[..., channel].sum() / wide == pytest.approx(rate * difficulty, abs=tolerance)


def test_danger_changes_the_number_of_saws_and_enemies_but_not_the_ground(coinrun_pool, of_difficulty):
    usual, safe = of_difficulty(2), unpacked(coinrun_pool(difficulties=(2,), danger=0.0))
    assert (safe.cells[..., WALL] == usual.cells[..., WALL]).all()
    for channel in (SAW, ENEMY):
        assert usual.cells[..., channel].any()
        assert not safe.cells[..., channel].any()


def test_end_column_is_distributed_as_in_the_original(coinrun_pool):
    low, median, high = np.percentile(unpacked(coinrun_pool("end")).end[:, 0], [5, 50, 95])
    assert (low, median, high) == (8, pytest.approx(16, abs=3), pytest.approx(38, abs=4))


@pytest.mark.parametrize("difficulties", [(), (0,), (1, 4)])
def test_unknown_difficulties_are_refused(difficulties):
    with pytest.raises(ValueError, match=r"difficulties (are numbers from 1 to 3|is empty)"):
        CoinRunLevels(difficulties=difficulties)


def test_negative_danger_is_refused():
    with pytest.raises(ValueError, match="danger is a factor and must be at least 0"):
        CoinRunLevels(danger=-0.5)
