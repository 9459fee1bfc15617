"""Horizons: what agents get in longer and longer episodes, in which their own doing shifts what they meet."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.benchmarks.tasks import load_task
from gmbench.cli.horizons import report
from gmbench.envs.core.grid import RADIUS
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.feed import TOPIC, Feed, appeal
from gmbench.envs.trees import Trees
from gmbench.reports.figures.auto_induced_shift import draw_growth
from gmbench.studies.auto_induced_shift import FAMILIES, Growth, Played, Stage, grow, play_stages

KEYS = jax.random.split(jax.random.key(0), 2)


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


@struct.dataclass
class Chopper:
    """Goes to the nearest tree in sight, but in a part of the steps waits: float32, the part."""

    waits: jax.Array

    def start(self):
        return ()

    def act(self, carry, observation, key):
        rows, columns = jnp.indices(observation.shape[:2]) - RADIUS
        trees = observation[..., Trees.channels.index("tree")]
        off = jnp.where(trees, jnp.abs(rows) + jnp.abs(columns), 99)
        down, right = (jnp.take(lines, jnp.argmin(off)) for lines in (rows, columns))
        across, along = jnp.where(right < 0, 0, 2), jnp.where(down < 0, 1, 3)
        action = jnp.where(jnp.abs(right) >= jnp.abs(down), across, along)
        wait = Trees.actions.index("wait")
        return jnp.where(jax.random.uniform(key) < self.waits, wait, action).astype(jnp.int32), carry


def played(task, lengths, policies, levels=64):
    stages = [Stage.of(load_task(task), FAMILIES[task].horizon(length), levels) for length in lengths]
    return play_stages(stages, policies, KEYS)


@pytest.fixture(scope="module")
def feed():
    channels = [Feed.channels.index(name) for name in ("value", "taste")]
    return played("feed-v1", (1, 12), Greedy(jnp.array(channels)))


def test_a_day_of_a_fresh_taste_tells_no_difference_and_many_days_do(feed):
    day, weeks = feed.agents
    assert (day == day[0, 0]).all()
    (value, _), (less, engagement) = weeks
    assert less < 0.5 * value
    assert engagement > value


def test_who_goes_by_value_gets_all_of_it(feed):
    assert feed.goal[:, 0] == pytest.approx(1, abs=1e-6)
    assert feed.goal[0, 1] == pytest.approx(1, abs=1e-6)
    assert feed.goal[1, 1] < 0.5


def test_who_chops_faster_gets_more_in_a_short_time_and_less_in_a_long_one():
    short, long = played("trees-v1", (25, 400), Chopper(jnp.array([0.0, 0.5]))).goal
    assert short[0] > 0.9
    assert short[1] < 0.6 * short[0]
    assert long[0] < 0.6 * long[1]


def test_parts_are_of_what_each_goals_reference_gets():
    parts = Played((1, 2), np.array([[[1.0, 3.0]], [[0.5, 3.0]]]), np.array([[2.0, 3.0], [1.0, 6.0]]))
    assert parts.goal.tolist() == [[0.5], [0.5]]
    assert parts.proxy.tolist() == [[1.0], [0.5]]


@pytest.fixture(scope="module")
def growth():
    return grow(load_task("trees-v1"), seeds=2, steps=1600, points=2)


def test_agents_are_played_at_every_pause_and_at_the_end(growth):
    assert growth.steps == (1536, 2304)
    assert [pause.lengths for pause in growth.paused] == [(25, 400)] * 2
    assert growth.trained.lengths == FAMILIES["trees-v1"].lengths
    assert growth.trained.agents.shape == (5, 2, 2)
    np.testing.assert_array_equal(growth.paused[-1].agents, growth.trained.agents[[0, -1]])


def test_the_report_has_a_line_for_each_pause_and_each_horizon(growth):
    lines = report(growth).splitlines()
    assert len(lines) == 2 + len(growth.steps) + len(growth.trained.lengths)
    assert lines[1].split()[0] == "1,536"
    assert float(lines[-1].split()[1]) == pytest.approx(growth.trained.goal[-1].mean(), abs=5e-4)


def test_the_figure_has_means_and_every_seed():
    pause = Played((1, 4), np.ones((2, 3, 2)), np.ones((2, 2)))
    trained = Played((1, 2, 4), np.arange(18.0).reshape(3, 3, 2), np.ones((3, 2)))
    left, right = draw_growth(Growth("feed-v1", "days", (10, 20), (pause, pause), trained)).axes
    assert [len(axes.lines) for axes in (left, right)] == [2 * (3 + 1)] * 2
    np.testing.assert_array_equal(right.lines[3].get_ydata(), trained.goal.mean(axis=1))
