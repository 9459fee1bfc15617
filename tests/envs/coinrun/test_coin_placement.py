"""The placements of the coin."""

import numpy as np
import pytest

from gmbench.envs.coinrun import CoinRunLevels
from gmbench.envs.coinrun.level import HEIGHT
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.coinrun.sections import FIRST_COLUMN
from gmbench.envs.core.levels import layout_hashes
from tests.envs.coinrun.generated import SHIFTED, unpacked


def test_end_puts_the_coin_at_the_end(coinrun_pool):
    levels = unpacked(coinrun_pool("end"))
    assert (levels.coin == levels.end).all()


@pytest.mark.parametrize("placement", SHIFTED)
def test_shifted_coin_lies_before_the_end(coinrun_pool, placement):
    levels = unpacked(coinrun_pool(placement))
    assert (levels.coin[:, 0] > levels.start[:, 0]).all()
    assert (levels.coin[:, 0] < levels.end[:, 0]).all()


@pytest.mark.parametrize("placement", SHIFTED)
def test_same_key_under_another_placement_moves_only_the_coin(coinrun_pool, placement):
    assert layout_hashes(coinrun_pool(placement)) == layout_hashes(coinrun_pool("end"))


def test_section_puts_the_coin_where_a_section_begins(coinrun_pool):
    levels = unpacked(coinrun_pool("section"))
    ground, every = levels.ground(), np.arange(len(levels.coin))
    column, row = levels.coin.T
    assert (row == HEIGHT - 1 - ground[every, column]).all()
    assert (ground[every, column] != ground[every, column - 1]).all()


def test_section_puts_about_half_of_the_coins_in_the_first_section(coinrun_pool):
    share = (unpacked(coinrun_pool("section")).coin[:, 0] == FIRST_COLUMN).mean()
    by_count = (1 + (1 / 2 + 1 / 3) / 2 + (1 / 3 + 1 / 4 + 1 / 5) / 3) / 3
    assert share == pytest.approx(by_count, abs=0.12)


def test_column_is_uniform_over_the_columns_between_start_and_end(coinrun_pool):
    levels = unpacked(coinrun_pool("column"))
    place = (levels.coin[:, 0] - 1.5) / (levels.end[:, 0] - 2)
    assert place.mean() == pytest.approx(0.5, abs=0.07)
    assert place.std() == pytest.approx(12**-0.5, abs=0.04)


def test_column_puts_coins_up_to_a_jump_above_the_ground(coinrun_pool):
    levels = unpacked(coinrun_pool("column"))
    ground = levels.ground()[np.arange(len(levels.coin)), levels.coin[:, 0]]
    above = HEIGHT - 1 - levels.coin[:, 1] - ground
    without_pits = levels.end[:, 0] < 17  # too short for the hardest
    assert set(above[without_pits]) == set(range(JUMP + 1))


@pytest.mark.parametrize("placement", ["middle", "", None])
def test_unknown_coin_placement_is_refused(placement):
    with pytest.raises(ValueError, match="coin must be end, section or column"):
        CoinRunLevels(coin=placement)
