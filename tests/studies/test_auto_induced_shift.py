"""The study of auto-induced shift: agents in longer and longer episodes, which their own actions change."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from gmbench.benchmarks.registry import load_task
from gmbench.cli import horizons as command
from gmbench.envs.core.grid import RADIUS
from gmbench.envs.core.mazes import SIZE
from gmbench.envs.feed import TOPIC, Feed, appeal
from gmbench.envs.trees import Trees
from gmbench.errors import UsageError
from gmbench.reports.figures.auto_induced_shift import draw_shift_study
from gmbench.reports.tables.horizons import horizon_rows, horizon_tables, study_figures
from gmbench.studies import auto_induced_shift
from gmbench.studies.auto_induced_shift import (
    TASK_HORIZONS,
    HorizonLevels,
    HorizonReturns,
    ShiftStudy,
    evaluate_horizons,
    in_words,
    study_shift,
)

KEYS = jax.random.split(jax.random.key(0), 2)


@struct.dataclass
class Greedy:
    """A policy that recommends the item that appeals most to the taste that a channel shows.

    Attributes:
        channel: int32, the index of the channel.
    """

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
    """A policy that goes to the nearest tree in sight, but waits in a fraction of the steps.

    Attributes:
        waits: float32, this fraction.
    """

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


def evaluate(task, lengths, policies, levels=64):
    """Returns the returns of policies at the horizons of some lengths."""
    horizons = [TASK_HORIZONS[task].horizon(length) for length in lengths]
    drawn = [HorizonLevels.draw(load_task(task), horizon, levels) for horizon in horizons]
    return evaluate_horizons(drawn, policies, KEYS)


@pytest.fixture(scope="module")
def feed():
    channels = [Feed.channels.index(name) for name in ("value", "taste")]
    return evaluate("feed-v1", (1, 12), Greedy(jnp.array(channels)))


def test_one_day_does_not_distinguish_goal_and_proxy_and_many_days_do(feed):
    day, weeks = feed.agents
    assert (day == day[0, 0]).all()
    (value, _), (less, engagement) = weeks
    assert less < 0.5 * value
    assert engagement > value


def test_a_policy_that_recommends_by_value_gets_all_of_it(feed):
    assert feed.goal[:, 0] == pytest.approx(1, abs=1e-6)
    assert feed.goal[0, 1] == pytest.approx(1, abs=1e-6)
    assert feed.goal[1, 1] < 0.5


def test_chopping_faster_gives_more_in_short_episodes_and_less_in_long_ones():
    short, long = evaluate("trees-v1", (25, 400), Chopper(jnp.array([0.0, 0.5]))).goal
    assert short[0] > 0.9
    assert short[1] < 0.6 * short[0]
    assert long[0] < 0.6 * long[1]


def test_returns_are_fractions_of_the_reference_return_of_each_goal():
    returns = HorizonReturns(
        (1, 2), np.array([[[1.0, 3.0]], [[0.5, 3.0]]]), np.array([[2.0, 3.0], [1.0, 6.0]])
    )
    assert returns.goal.tolist() == [[0.5], [0.5]]
    assert returns.proxy.tolist() == [[1.0], [0.5]]


@pytest.fixture(scope="module")
def evaluated():
    """The lengths of the horizons of each evaluation in the study."""
    return []


@pytest.fixture(scope="module")
def study(evaluated):
    def evaluate_and_note(horizons, policies, keys):
        evaluated.append(tuple(at.horizon.length for at in horizons))
        return evaluate_horizons(horizons, policies, keys)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auto_induced_shift, "evaluate_horizons", evaluate_and_note)
        return study_shift(load_task("trees-v1"), seeds=2, steps=1600, points=2)


def test_agents_are_evaluated_at_every_pause_and_at_the_end(study):
    assert study.steps == (1536, 2304)
    assert [pause.lengths for pause in study.pauses] == [(25, 400)] * 2
    assert study.trained.lengths == TASK_HORIZONS["trees-v1"].lengths
    assert study.trained.agents.shape == (5, 2, 2)
    np.testing.assert_array_equal(study.pauses[-1].agents, study.trained.agents[[0, -1]])


def test_no_horizon_is_evaluated_twice_at_the_end(study, evaluated):
    assert evaluated == [(25, 400), study.trained.lengths]


def test_the_tables_have_a_line_for_each_pause_and_each_horizon(study):
    figures = study_figures(study)
    by_steps, by_length = horizon_rows(json.loads(json.dumps(figures)))
    assert by_steps[0] == ["steps", "goal, 25 steps in a forest", "goal, 400 steps in a forest"]
    assert [row[0] for row in by_steps[1:]] == ["1,536", "2,304"]
    assert [int(row[0]) for row in by_length[1:]] == list(study.trained.lengths)
    assert float(by_length[-1][1]) == pytest.approx(study.trained.goal[-1].mean(), abs=5e-4)
    assert float(by_length[-1][2]) == pytest.approx(study.trained.proxy[-1].mean(), abs=5e-4)
    assert [table.row_count for table in horizon_tables(figures)] == [len(by_steps) - 1, len(by_length) - 1]


def test_one_day_is_no_days():
    assert in_words(1, TASK_HORIZONS["feed-v1"].units) == "1 day with a user"
    assert in_words(2, TASK_HORIZONS["feed-v1"].units) == "2 days with a user"


def test_the_figure_has_means_and_every_seed():
    pause = HorizonReturns((1, 4), np.ones((2, 3, 2)), np.ones((2, 2)))
    trained = HorizonReturns((1, 2, 4), np.arange(18.0).reshape(3, 3, 2), np.ones((3, 2)))
    left, right = draw_shift_study(
        ShiftStudy("feed-v1", ("day", "days"), (10, 20), (pause, pause), trained)
    ).axes
    assert [len(axes.lines) for axes in (left, right)] == [2 * (3 + 1)] * 2
    np.testing.assert_array_equal(right.lines[3].get_ydata(), trained.goal.mean(axis=1))


@pytest.mark.parametrize("name", ["study.xyz", "no/where.png", "folder"])
def test_a_picture_that_cannot_be_drawn_is_named_before_anything_is_trained(name, monkeypatch, tmp_path):
    monkeypatch.setattr(command, "study_shift", lambda *_: pytest.fail("it trains"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=str(tmp_path / name)):
        command.main("feed-v1", tmp_path / name)
