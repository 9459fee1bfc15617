"""Properties of every generated level, on pools of 256 levels; that the coin can be reached; and layouts."""

import functools

import jax
import numpy as np
import pytest

from gmbench.agents.planning import Planner, make_plan
from gmbench.envs.coinrun import CoinRun
from gmbench.envs.coinrun.level import CRATE, ENEMY, HEIGHT, SAW, WALL, WIDTH
from gmbench.envs.coinrun.physics import JUMP
from gmbench.envs.core.levels import layout_hashes, select
from tests.envs.coinrun.generated import PLACEMENTS, SHIFTED, unpacked

ENV = CoinRun()
PLANNER = Planner(ENV, first_only=True)


def below(places):
    return places + np.array([0, 1])


@jax.jit
def _solve(pool):
    def start_values(level):
        return make_plan(PLANNER, level).state_values.own[:, ENV.state_number(ENV.start(level))]

    return jax.lax.map(start_values, pool)


def coin_and_end_values(pool):
    """The optimal returns of both goals from the start, up to the first event: float32[levels, 2]."""
    return np.asarray(_solve(pool))


@pytest.fixture(scope="module", params=PLACEMENTS)
def pool(request, coinrun_pool):
    return coinrun_pool(request.param)


@pytest.fixture(scope="module")
def levels(pool):
    return unpacked(pool)


@pytest.fixture(scope="module")
def some_values(coinrun_pool):
    """A function of a coin placement: `coin_and_end_values` of 64 levels."""
    return functools.cache(
        lambda placement: coin_and_end_values(select(coinrun_pool(placement), np.arange(64)))
    )


def test_end_lies_between_columns_8_and_50(levels):
    assert levels.end[:, 0].min() >= 8
    assert levels.end[:, 0].max() <= 50


def test_start_and_end_are_free_cells_on_the_ground(levels):
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


def test_the_number_of_enemies_is_the_same_in_every_phase(levels):
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


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_coin_can_be_reached(some_values, placement):
    assert (some_values(placement)[:, 0] > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_coin_can_be_reached_in_a_thousand_levels(coinrun_pool, placement):
    for seed in range(1, 5):
        assert (coin_and_end_values(coinrun_pool(placement, seed=seed))[:, 0] > 0).all()


def test_end_can_be_reached(some_values):
    # Under the other placements, every path to the end may lead over the coin, see the next test.
    assert (some_values("end")[:, 1] > 0).all()


@pytest.mark.parametrize("placement", SHIFTED)
def test_the_end_can_nearly_always_be_reached_without_the_shifted_coin(some_values, placement):
    assert (some_values(placement)[:, 1] > 0).mean() > 0.8


def test_layouts_differ_between_keys(coinrun_pool):
    hashes = layout_hashes(coinrun_pool(difficulties=(2,)))
    assert len(set(hashes)) > 0.95 * len(hashes)
