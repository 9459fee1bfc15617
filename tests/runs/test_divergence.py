"""Divergence: seeds whose weights become NaN are named and left out of the scores."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gmbench
from gmbench.agents.ppo import PPO
from gmbench.benchmarks.registry import load_task
from gmbench.errors import UsageError
from gmbench.runs.blocks import TRAINING, seed_keys
from gmbench.runs.callbacks import Callbacks
from tests.commands import run_command
from tests.tiny_runs import BLOCKS, TASK

pytestmark = pytest.mark.usefixtures("without_figures")


class OneDiverges:
    """PPO whose seed 1 starts with weights that are NaN."""

    def __init__(self, env, steps):
        self.ppo = PPO.for_steps(env, steps, load_task(TASK).configs["ppo"])
        self.steps_per_update = self.ppo.steps_per_update
        self.policy, self.config = self.ppo.policy, self.ppo.config

    def init(self, key, params):
        learner = self.ppo.init(key, params)
        diverges = jax.random.key_data(key) == jax.random.key_data(seed_keys([1], TRAINING)[0])
        weights = jax.tree.map(lambda leaf: jnp.where(diverges.all(), jnp.nan, leaf), learner.weights)
        return learner.replace(weights=weights)

    def update(self, learner, params):
        return self.ppo.update(learner, params)


class AllDiverge(OneDiverges):
    """PPO whose seeds all start with weights that are NaN."""

    def init(self, key, params):
        learner = self.ppo.init(key, params)
        return learner.replace(weights=jax.tree.map(lambda leaf: leaf * jnp.nan, learner.weights))


def test_a_diverged_seed_is_named_and_the_others_are_scored(tmp_path, capsys):
    out, notes = tmp_path / "run", []
    algorithm = f"{__name__}:{OneDiverges.__name__}"
    result = gmbench.run(TASK, algorithm=algorithm, out=out, **BLOCKS, callbacks=Callbacks(note=notes.append))
    assert notes == ["1 of 5 seeds diverged and are left out: 1"]
    assert result.manifest["diverged"] == result.scores["diverged"] == [1]
    assert result.scores["seeds"] == 4
    assert [seed["seed"] for seed in result.scores["per_seed"]] == [0, 2, 3, 4]
    assert sum(result.scores["verdicts"].values()) == 4
    assert set(np.unique(result.episodes["seed"])) == set(range(5))
    run_command("score", out)
    assert "diverged" in capsys.readouterr().out
    assert json.loads((out / "scores.json").read_text())["seeds"] == 4


def test_a_run_whose_seeds_all_diverge_is_refused():
    with pytest.raises(UsageError, match="every seed diverged"):
        gmbench.run(TASK, algorithm=f"{__name__}:{AllDiverge.__name__}", seeds=2, steps=1000, levels=64)
