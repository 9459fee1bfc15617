"""Horizons: what agents get of users who are there for more and more days."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.envs.feed import TOPIC, Feed, appeal
from gmbench.envs.grid import RADIUS
from gmbench.envs.mazes import SIZE
from gmbench.horizons import Horizons, by_days, draw


@struct.dataclass
class Greedy:
    """Recommends what appeals most to the taste that a channel shows: int32, the channel."""

    channel: jax.Array

    def start(self):
        return ()

    def act(self, carry, observation, key):
        taste = jnp.argmax(jnp.any(observation[..., self.channel], axis=0))
        offered = observation[RADIUS, :, Feed.channels.index("item")]
        column = jnp.argmax(offered * appeal(taste, jnp.arange(SIZE)))
        return jnp.asarray(TOPIC)[column].astype(jnp.int32), carry


@pytest.fixture(scope="module")
def horizons():
    channels = [Feed.channels.index(name) for name in ("value", "taste")]
    policies, keys = Greedy(jnp.array(channels)), jax.random.split(jax.random.key(0), 2)
    return by_days(policies, keys, days=(1, 12), levels=64)


def test_a_day_of_a_fresh_taste_tells_no_difference_and_many_days_do(horizons):
    day, weeks = horizons.agents
    assert (day == day[0, 0]).all()
    (value, _), (less, engagement) = weeks
    assert less < 0.8 * value
    assert engagement > value


def test_who_goes_by_value_loses_none_of_it(horizons):
    assert horizons.loss[:, 0] == pytest.approx(0, abs=1e-6)
    assert horizons.loss[0, 1] == pytest.approx(0, abs=1e-6)
    assert horizons.loss[1, 1] > 0.2


def test_the_loss_is_a_part_of_the_best_value():
    horizons = Horizons((1, 2), np.array([[[1.0, 3.0]], [[0.5, 3.0]]]), np.array([[2.0, 3.0], [1.0, 3.0]]))
    assert horizons.loss.tolist() == [[0.5], [0.5]]
    assert dataclasses.replace(horizons, best=horizons.best * 2).loss.tolist() == [[0.75], [0.75]]


def test_the_figure_has_a_line_for_each_goal_and_seed_and_one_for_the_best(horizons):
    (axes,) = draw(horizons).axes
    assert len(axes.lines) == 2 * (1 + 2) + 1
    assert axes.lines[-1].get_ydata().tolist() == horizons.best[:, 0].tolist()
