"""Divergence: seeds whose weights become NaN are named and left out of the scores."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import pytest

import gmbench
from gmbench.agents.ppo import PPO
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.suites import SUITES, Suite
from gmbench.benchmarks.training_levels import TRAINING_LEVELS_SEED, training_levels
from gmbench.cli.endings import ALL_DIVERGED
from gmbench.cli.main import main
from gmbench.errors import UsageError
from gmbench.reports.figures import save_figures
from gmbench.runs.blocks import TRAINING, seed_keys
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.scores.sweep import sweep_table
from gmbench.runs.storage import manifests
from gmbench.runs.storage.reading import read_run
from gmbench.runs.storage.shards import diverged
from gmbench.runs.trained_policies import load_policies
from tests.commands import command_line, refusal, run_command
from tests.tiny_runs import BLOCKS, TASK

LEVELS = 64
FEW = {"seeds": 2, "steps": 1000, "levels": LEVELS}
ALL_DIVERGE = f"{__name__}:AllDiverge"
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
    result = gmbench.run(TASK, algorithm=algorithm, out=out, **BLOCKS, callbacks=Callbacks(warn=notes.append))
    assert notes == ["1 of 5 seeds diverged and are left out: 1"]
    assert result.manifest["diverged"] == result.scores["diverged"] == [1]
    assert result.scores["seeds"] == 5
    assert [seed["seed"] for seed in result.scores["per_seed"]] == [0, 2, 3, 4]
    assert sum(result.scores["verdicts"].values()) == 5
    assert result.scores["verdicts"]["diverged"] == 1
    assert result.scores["shares"]["goal"]["count"] == 4
    assert set(np.unique(result.episodes["seed"])) == set(range(5))
    run_command("score", out)
    assert "diverged" in capsys.readouterr().out
    assert json.loads((out / "scores.json").read_text())["seeds"] == 5


class OneConditionDiverges(AllDiverge):
    """PPO whose seeds start with weights that are NaN unless their training levels are those of alpha 0."""

    def __init__(self, env, steps):
        super().__init__(env, steps)
        self.levels = training_levels(load_task(TASK), LEVELS, 0.0, TRAINING_LEVELS_SEED)

    def init(self, key, params):
        pairs = zip(jax.tree.leaves(params.levels), jax.tree.leaves(self.levels), strict=True)
        same = jnp.stack([jnp.array_equal(one, other) for one, other in pairs]).all()
        learner = self.ppo.init(key, params)
        return learner.replace(
            weights=jax.tree.map(lambda leaf: jnp.where(same, leaf, jnp.nan), learner.weights)
        )


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    """The result of a run whose seeds all diverged, and the notes that it printed."""
    notes, out = [], tmp_path_factory.mktemp("lost") / "run"
    result = gmbench.run(TASK, algorithm=ALL_DIVERGE, out=out, **FEW, callbacks=Callbacks(warn=notes.append))
    return result, notes


def test_a_run_whose_seeds_all_diverge_is_complete_and_says_so(lost):
    result, notes = lost
    assert notes == ["2 of 2 seeds diverged and are left out: 0, 1"]
    assert manifests.is_complete(result.out)
    stored = json.loads((result.out / "scores.json").read_text())
    assert (stored["seeds"], stored["diverged"], stored["per_seed"]) == (2, [0, 1], [])
    assert stored["verdicts"]["diverged"] == sum(stored["verdicts"].values()) == 2
    nothing = {"mean": None, "low": None, "high": None, "count": 0}
    assert stored["packs"]["shift"]["capability"] == stored["shares"]["goal"] == nothing
    assert stored["verdict_rates"]["diverged"]["mean"] == 1
    assert len(read_run(result.out).curves["seed"]) > 0


def test_a_run_whose_seeds_all_diverge_is_scored_again_and_not_resumed(lost, capsys):
    out, before = lost[0].out, (lost[0].out / "scores.json").read_text()
    run_command("score", out)
    printed = capsys.readouterr().out
    assert "verdict: diverged" in printed
    assert printed.count("0 of 2") == 5
    assert "2 of 2" in printed
    assert (out / "scores.json").read_text() == before
    assert "is complete" in refusal(capsys, "run", "--resume", out)
    assert "no agent to evaluate" in refusal(capsys, "calibrate", TASK, "--run", out)


def test_a_run_whose_seeds_all_diverge_has_learning_curves(lost, tmp_path):
    names = {path.stem for path in save_figures(lost[0], tmp_path)}
    assert names == {"learning_curves"}


def test_the_command_of_a_run_whose_seeds_all_diverge_ends_with_a_status_of_its_own(tmp_path, capsys):
    words = command_line("run", TASK, algorithm=ALL_DIVERGE, out=tmp_path / "run", **FEW)
    assert main([*words, "--json"]) == ALL_DIVERGED
    printed = capsys.readouterr()
    assert json.loads(printed.out)["diverged"] == [0, 1]
    message = printed.err.splitlines()[-1]
    assert message == (
        f"gmbench: all seeds of {TASK} diverged, their weights are no longer numbers; "
        "try a lower learning rate"
    )
    assert manifests.is_complete(tmp_path / "run")


@pytest.mark.slow
def test_parts_whose_seeds_all_diverge_are_merged(tmp_path):
    parts = [tmp_path / str(part) for part in (1, 2)]
    for number, part in enumerate(parts, start=1):
        gmbench.run(TASK, algorithm=ALL_DIVERGE, out=part, part=(number, 2), block=1, **FEW)
    merged = gmbench.merge(parts, tmp_path / "whole")
    assert merged.scores["diverged"] == [0, 1]
    assert manifests.is_complete(tmp_path / "whole")


def test_a_sweep_with_a_condition_that_diverges_is_complete(tmp_path, capsys):
    algorithm = f"{__name__}:{OneConditionDiverges.__name__}"
    options = {"seeds": FEW["seeds"], "steps": FEW["steps"], "levels": LEVELS, "out": tmp_path / "sweep"}
    words = command_line("sweep", TASK, algorithm=algorithm, **options)
    assert main([*words, "--alpha", "0", "1"]) == ALL_DIVERGED
    printed = capsys.readouterr()
    assert f"all seeds of alpha-1_levels-{LEVELS} diverged" in printed.err.splitlines()[-1]
    assert "diverged" in printed.out
    assert "2/2 diverged" in printed.out
    assert "is complete" in refusal(capsys, "run", "--resume", tmp_path / "sweep")
    for name in (f"alpha-{alpha}_levels-{LEVELS}" for alpha in (0, 1)):
        assert manifests.is_complete(tmp_path / "sweep" / name)
    before = (tmp_path / "sweep" / "sweep.json").read_text()
    table = pq.read_table(tmp_path / "sweep" / "sweep.parquet").to_pydict()
    assert (table["alpha"], table["seed"]) == ([0.0, 0.0, 1.0, 1.0], [0, 1, 0, 1])
    assert table["verdict"][2:] == ["diverged"] * 2
    assert np.isnan(table["goal"]).tolist() == [False, False, True, True]
    assert (tmp_path / "sweep" / "figures" / "sweep_alpha.png").exists()
    run_command("score", tmp_path / "sweep")
    assert (tmp_path / "sweep" / "sweep.json").read_text() == before


def test_a_suite_whose_only_task_diverges_is_complete(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(SUITES, "one-v1", Suite("one-v1", (TASK,), "of one task"))
    words = command_line("run", "one-v1", algorithm=ALL_DIVERGE, out=tmp_path / "suite", **FEW)
    assert main(words) == ALL_DIVERGED
    printed = capsys.readouterr()
    nothing = "K - (0), G - (0); goal - (0), proxy - (0), neither - (0)"
    assert f"{TASK}: 2 of 2 diverged; {nothing}" in printed.err
    assert "2/2 diverged" in printed.out
    stored = json.loads((tmp_path / "suite" / "suite.json").read_text())
    assert stored["status"] == "complete"
    assert stored["tasks"][TASK]["diverged"] == [0, 1]
    assert stored["mean"]["capability"]["mean"] is None
    assert (tmp_path / "suite" / "figures" / "suite_shares.png").exists()
    run_command("score", tmp_path / "suite")


def test_a_table_of_lost_seeds_has_their_verdicts_and_no_figures(lost):
    table = sweep_table({"alpha-0": lost[0]})
    assert table["verdict"].tolist() == ["diverged"] * 2
    assert table["seed"].tolist() == [0, 1]
    assert np.isnan(table["capability_iid"]).all()


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("value", [jnp.nan, jnp.inf])
def test_weights_of_any_precision_are_looked_at(dtype, value):
    weights = {"kernel": jnp.ones((3, 2), dtype).at[1, 0].set(value), "steps": jnp.ones(3, int)}
    assert diverged(weights, 3).tolist() == [False, True, False]


def test_metrics_that_are_not_finite_do_not_stop_the_learning_curves(lost, tmp_path):
    curves = dict(lost[0].curves)
    name = next(name for name in curves if name.startswith("return_"))
    for value in (np.nan, np.inf):
        curves[name] = np.full_like(curves[name], value)
        assert save_figures(dataclasses.replace(lost[0], curves=curves), tmp_path / str(value))


def test_weights_that_are_not_finite_only_in_the_checkpoint_are_damage(lost):
    result = dataclasses.replace(lost[0], manifest={**lost[0].manifest, "diverged": [0]})
    with pytest.raises(UsageError, match="its weights of seed 1 are not finite"):
        load_policies(load_task(TASK), result, result.manifest["algorithm"])
    restored = load_policies(load_task(TASK), lost[0], result.manifest["algorithm"])
    assert diverged(restored, lost[0].manifest["seeds"]).all()
