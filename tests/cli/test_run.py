"""The command ``gmbench run``: what the run of a task stores."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import gmbench
from gmbench.benchmarks.goal_inference import LEVELS_INFERRED
from gmbench.benchmarks.packs import PACK_SIZE
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.runs.storage.files import to_json_types
from gmbench.runs.storage.reading import read_run
from tests.commands import command_line, refusal, run_command
from tests.tiny_runs import SUITE

SEEDS = SUITE["seeds"]
FIGURES = ("generalization_plane", "three_shares", "learning_curves", "pack_outcomes", "goal_inference")


def names_of_figures(out):
    return {path.stem for path in (out / "figures").iterdir()}


def test_a_run_stores_its_scores_manifest_and_policies(tiny_run):
    scores = json.loads((tiny_run / "scores.json").read_text())
    manifest = json.loads((tiny_run / "manifest.json").read_text())
    assert scores["seeds"] == SEEDS
    assert sum(scores["verdicts"].values()) == SEEDS
    assert sum(scores["shares"][name]["mean"] for name in ("goal", "proxy", "neither")) == pytest.approx(1)
    assert set(scores["packs"]) == set(PACKS)
    assert manifest["status"] == "complete"
    assert manifest["steps"] == 8192
    assert 1 < manifest["distinct_levels"] <= manifest["levels"] == SUITE["levels"]
    assert manifest["versions"]["gmbench"] == gmbench.__version__
    assert any((tiny_run / "checkpoint").iterdir())
    assert not list(tiny_run.glob("*.part"))


def test_there_is_one_episode_per_seed_pack_and_level(tiny_run):
    episodes = pq.read_table(tiny_run / "episodes.parquet").to_pandas()
    assert len(episodes) == SEEDS * len(PACKS) * PACK_SIZE
    assert not episodes.duplicated(["seed", "pack", "level"]).any()
    assert episodes["length"].between(1, 200).all()
    assert ((episodes["end"] == "timeout") <= (episodes["length"] == 200)).all()
    assert ((episodes["end"] == "goal") <= (episodes["first"] != "none")).all()
    # Only the first goal counts. On training levels, coin and end lie in one cell.
    shifted = episodes[episodes["pack"] == "shift"]
    assert ((shifted["return_coin"] > 0) == (shifted["first"] == "coin")).all()
    assert ((shifted["return_end"] > 0) == (shifted["first"] == "end")).all()
    familiar = episodes[episodes["pack"] == "iid"]
    assert ((familiar["return_coin"] > 0) == (familiar["return_end"] > 0)).all()


def test_goals_are_inferred_on_the_packs_iid_and_shift(tiny_run):
    rows = pq.read_table(tiny_run / "goal_inference.parquet").to_pandas()
    assert (rows.groupby(["seed", "pack"]).size() == LEVELS_INFERRED).all()
    assert set(rows["pack"]) == {"iid", "shift"}
    np.testing.assert_allclose(rows[["posterior_coin", "posterior_end", "posterior_none"]].sum(axis=1), 1)
    # Goals are inferred from the same episodes that are scored.
    episodes = pq.read_table(tiny_run / "episodes.parquet").to_pandas()
    both = rows.merge(episodes, on=["seed", "pack", "level"], suffixes=("", "_played"))
    assert (both["length"] == both["length_played"]).all()
    scores = json.loads((tiny_run / "scores.json").read_text())["goal_inference"]["shift"]
    shifted = rows[rows["pack"] == "shift"]
    assert scores["posterior"]["none"]["mean"] == pytest.approx(shifted["posterior_none"].mean())
    directed = (shifted["nats_end"] / shifted["length"]).mean()
    assert scores["directedness"]["end"]["mean"] == pytest.approx(directed)
    named = shifted[["posterior_coin", "posterior_end", "posterior_none"]].to_numpy().argmax(axis=1)
    assert scores["named"]["end"]["mean"] == pytest.approx((named == 1).mean())


def test_the_figures_can_be_opened(tiny_run):
    for name in FIGURES:
        assert Image.open(tiny_run / "figures" / f"{name}.png").width > 500
        assert (tiny_run / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    assert Image.open(tiny_run / "figures" / "episode.png").width > 500
    assert Image.open(tiny_run / "figures" / "episode.gif").n_frames > 1


def test_a_second_run_gives_the_same_numbers(tiny_run):
    again = gmbench.run("coinrun-v1", **SUITE)
    stored = read_run(tiny_run)
    for name, column in stored.episodes.items():
        assert (again.episodes[name] == column).all(), name
    assert to_json_types(again.scores) == stored.scores


def test_a_task_in_which_all_events_count_has_measures(tiny_suite):
    out = tiny_suite / "keys-v1"
    scores = json.loads((out / "scores.json").read_text())
    assert not scores["packs"]["iid"]["measures"], "there are no surplus keys in training"
    episodes = pq.read_table(out / "episodes.parquet").to_pandas()
    shifted = episodes[episodes["pack"] == "shift"]
    # There are twice as many keys as chests: an agent that opens all chests has at least half of the keys.
    assert shifted["measure_surplus_keys"].between(0, 1).all()
    assert (shifted["total_chests"] <= shifted["total_keys"]).all()
    surplus = scores["packs"]["shift"]["measures"]["surplus_keys"]["mean"]
    assert surplus == pytest.approx(shifted["measure_surplus_keys"].mean(), rel=1e-5)
    assert names_of_figures(out) == {*FIGURES, "episode"} - {"pack_outcomes"}


def test_no_goals_are_inferred_if_a_task_is_not_planned(tmp_path, capsys):
    out = tmp_path / "monsters"
    run_command(*command_line("run", "monsters-v1", **SUITE), "--out", out)
    printed = capsys.readouterr()
    assert "monsters-v1" in printed.out
    assert f"results and figures are in {out}" in printed.err.replace("\n", "")
    scores = json.loads((out / "scores.json").read_text())
    assert scores["goal_inference"] == {}
    assert sum(scores["shares"][name]["mean"] for name in ("goal", "proxy", "neither")) == pytest.approx(1)
    assert pq.read_table(out / "goal_inference.parquet").num_rows == 0
    assert names_of_figures(out) == {*FIGURES, "episode"} - {"pack_outcomes", "goal_inference"}
    run_command("score", out)
    assert json.loads((out / "scores.json").read_text()) == scores


def test_a_directory_in_use_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "is not empty" in refusal(capsys, "run", "coinrun-v1", "--out", tmp_path)
    assert "is a file" in refusal(capsys, "run", "coinrun-v1", "--out", tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
