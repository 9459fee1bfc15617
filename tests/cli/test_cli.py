import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import gmbench
from gmbench.benchmarks.goal_inference import LEVELS_INFERRED
from gmbench.benchmarks.packs import PACK_SIZE
from gmbench.benchmarks.tasks.task import PACKS
from gmbench.cli.main import main
from gmbench.runs.storage import results
from tests.commands import refusal

SEEDS = 2
TINY = ["--seeds", str(SEEDS), "--steps", "8192", "--levels", "64"]
FIGURES = ("generalization_plane", "three_shares", "learning_curves", "pack_outcomes", "goal_inference")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The directory of a tiny run."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    assert main(["run", "coinrun-v1", *TINY, "--out", str(out)]) == 0
    return out


def test_a_run_leaves_what_is_promised(finished):
    scores = json.loads((finished / "scores.json").read_text())
    manifest = json.loads((finished / "manifest.json").read_text())
    assert scores["seeds"] == SEEDS
    assert sum(scores["verdicts"].values()) == SEEDS
    assert sum(scores["shares"][name]["mean"] for name in ("goal", "proxy", "neither")) == pytest.approx(1)
    assert set(scores["packs"]) == set(PACKS)
    assert manifest["status"] == "complete"
    assert manifest["steps"] == 8192
    assert manifest["versions"]["gmbench"] == gmbench.__version__
    assert any((finished / "checkpoint").iterdir())
    assert not list(finished.glob("*.part"))


def test_there_is_one_episode_per_seed_pack_and_level(finished):
    episodes = pq.read_table(finished / "episodes.parquet").to_pandas()
    assert len(episodes) == SEEDS * len(PACKS) * PACK_SIZE
    assert not episodes.duplicated(["seed", "pack", "level"]).any()
    assert episodes["length"].between(1, 200).all()
    assert ((episodes["end"] == "timeout") <= (episodes["length"] == 200)).all()
    assert ((episodes["end"] == "goal") <= (episodes["first"] != "none")).all()
    # Only one goal comes first, and only that one counts; on familiar levels both lie in one cell.
    shifted = episodes[episodes["pack"] == "shift"]
    assert ((shifted["return_coin"] > 0) == (shifted["first"] == "coin")).all()
    assert ((shifted["return_end"] > 0) == (shifted["first"] == "end")).all()
    familiar = episodes[episodes["pack"] == "iid"]
    assert ((familiar["return_coin"] > 0) == (familiar["return_end"] > 0)).all()


def test_goals_are_inferred_on_familiar_and_on_shifted_levels(finished):
    rows = pq.read_table(finished / "goal_inference.parquet").to_pandas()
    assert (rows.groupby(["seed", "pack"]).size() == LEVELS_INFERRED).all()
    assert set(rows["pack"]) == {"iid", "shift"}
    np.testing.assert_allclose(rows[["posterior_coin", "posterior_end", "posterior_none"]].sum(axis=1), 1)
    # What was looked at are the very episodes that were scored.
    episodes = pq.read_table(finished / "episodes.parquet").to_pandas()
    both = rows.merge(episodes, on=["seed", "pack", "level"], suffixes=("", "_played"))
    assert (both["length"] == both["length_played"]).all()
    scores = json.loads((finished / "scores.json").read_text())["goal_inference"]["shift"]
    shifted = rows[rows["pack"] == "shift"]
    assert scores["posterior"]["none"]["mean"] == pytest.approx(shifted["posterior_none"].mean())
    directed = (shifted["nats_end"] / shifted["length"]).mean()
    assert scores["directedness"]["end"]["mean"] == pytest.approx(directed)
    named = shifted[["posterior_coin", "posterior_end", "posterior_none"]].to_numpy().argmax(axis=1)
    assert scores["named"]["end"]["mean"] == pytest.approx((named == 1).mean())


def test_the_pictures_can_be_opened(finished):
    for name in FIGURES:
        assert Image.open(finished / "figures" / f"{name}.png").width > 500
        assert (finished / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    assert Image.open(finished / "figures" / "episode.png").width > 500
    assert Image.open(finished / "figures" / "episode.gif").n_frames > 1


def test_the_same_command_gives_the_same_numbers(finished, tmp_path):
    again = gmbench.run("coinrun-v1", seeds=SEEDS, steps=8192, levels=64)
    stored = results.read_run(finished)
    for name, column in stored.episodes.items():
        assert (again.episodes[name] == column).all(), name
    assert results.plain(again.scores) == stored.scores


def test_score_recomputes_from_the_episodes(finished, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "copy")
    before = json.loads((copy / "scores.json").read_text())
    (copy / "scores.json").unlink()
    assert main(["score", str(copy), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == before
    assert json.loads((copy / "scores.json").read_text()) == before


def test_score_follows_the_episodes(finished, tmp_path):
    copy = shutil.copytree(finished, tmp_path / "copy")
    table = dict(results.read_run(copy).episodes)
    shifted = table["pack"] == "shift"
    table["return_coin"] = table["return_coin"].copy()
    table["return_coin"][shifted] = 10.0
    results.write_table(copy / "episodes.parquet", table)
    assert main(["score", str(copy)]) == 0
    assert json.loads((copy / "scores.json").read_text())["shares"]["goal"]["mean"] == 1.0


def test_a_collecting_task_measures_surplus_and_leaves_out_what_came_first(tmp_path):
    assert main(["run", "keys-v1", *TINY, "--out", str(tmp_path / "keys")]) == 0
    scores = json.loads((tmp_path / "keys" / "scores.json").read_text())
    assert not scores["packs"]["iid"]["measures"], "there are no surplus keys in training"
    episodes = pq.read_table(tmp_path / "keys" / "episodes.parquet").to_pandas()
    shifted = episodes[episodes["pack"] == "shift"]
    # Twice as many keys as chests: whoever opens all has at least half of the keys.
    assert shifted["measure_surplus_keys"].between(0, 1).all()
    assert (shifted["total_chests"] <= shifted["total_keys"]).all()
    surplus = scores["packs"]["shift"]["measures"]["surplus_keys"]["mean"]
    assert surplus == pytest.approx(shifted["measure_surplus_keys"].mean(), rel=1e-5)
    figures = {path.stem for path in (tmp_path / "keys" / "figures").iterdir()}
    assert figures == {*FIGURES, "episode"} - {"pack_outcomes"}


def test_without_plans_no_goals_are_inferred(tmp_path):
    out = tmp_path / "monsters"
    assert main(["run", "monsters-v1", *TINY, "--out", str(out)]) == 0
    scores = json.loads((out / "scores.json").read_text())
    assert scores["goal_inference"] == {}
    assert sum(scores["shares"][name]["mean"] for name in ("goal", "proxy", "neither")) == pytest.approx(1)
    assert pq.read_table(out / "goal_inference.parquet").num_rows == 0
    figures = {path.stem for path in (out / "figures").iterdir()}
    assert figures == {*FIGURES, "episode"} - {"pack_outcomes", "goal_inference"}
    assert main(["score", str(out)]) == 0
    assert json.loads((out / "scores.json").read_text()) == scores


def test_a_run_of_another_task_is_not_calibrated_with(finished, tmp_path, capsys):
    assert "is of coinrun-v1" in refusal(capsys, "calibrate", "keys-v1", "--run", finished)
    copy = shutil.copytree(finished, tmp_path / "copy")
    shutil.rmtree(copy / "checkpoint")
    assert "missing or damaged" in refusal(capsys, "calibrate", "coinrun-v1", "--run", copy)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "coinrun-v9", "--out", "new"], "no task 'coinrun-v9'"),
        (["run", "coinrun-v1", "--out", "new", "--algorithm", "dqn"], "no algorithm 'dqn'"),
        (["run", "coinrun-v1", "--out", "new", "--algorithm", "no.where:it"], "cannot be imported"),
        (["run", "coinrun-v1", "--out", "new", "--algorithm", "json:dumps"], "cannot be made"),
        (["run", "coinrun-v1", "--out", "new", "--budget", "huge"], "no budget 'huge'"),
        (["run", "coinrun-v1", "--out", "new", "--seeds", "0"], "seeds must be at least 1"),
        (["run", "coinrun-v1", "--out", "new", "--steps", "-5"], "steps must be at least 1"),
        (["run", "coinrun-v1", "--out", "new", "--levels", "0"], "levels must be at least 1"),
        (["run", "coinrun-v1", "--out", "new", "--alpha", "1.5"], "alpha must lie between 0 and 1"),
        (["run", "coinrun-v1", "--out", "new", "--alpha", "nan"], "alpha must lie between 0 and 1"),
        (["score", "nowhere"], "no directory nowhere"),
        (["calibrate", "coinrun-v9"], "no task 'coinrun-v9'"),
        (["calibrate", "coinrun-v1", "--run", "nowhere"], "no directory nowhere"),
        (["show", "coinrun-v1", "--out", "a.jpg"], "should end in .png"),
        (["show", "coinrun-v1", "--out", "no/where/a.png"], "does not exist"),
        (["show", "coinrun-v1", "--out", "a.png", "--count", "0"], "not among"),
        (["show", "coinrun-v1", "--out", "a.gif", "--first", "512"], "not among"),
        (["show", "coinrun-v1", "--out", "a.png", "--level", "no.txt"], "cannot be read"),
    ],
)
def test_wrong_input_gets_one_sentence(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in refusal(capsys, *arguments)
    assert not list(tmp_path.iterdir()), "nothing may be left behind"


@pytest.mark.parametrize("arguments", [["run", "coinrun-v1", "--out", "x", "--seeds", "two"], ["fly"], []])
def test_what_cannot_be_parsed_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_a_directory_in_use_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "is not empty" in refusal(capsys, "run", "coinrun-v1", "--out", tmp_path)
    assert "is a file" in refusal(capsys, "run", "coinrun-v1", "--out", tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_half_written_run_is_named_as_such(finished, tmp_path, capsys):
    assert "no manifest.json" in refusal(capsys, "score", tmp_path)
    results.write_json(tmp_path / "manifest.json", {"status": "running"})
    assert "was not finished" in refusal(capsys, "score", tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    assert "cannot be read" in refusal(capsys, "score", tmp_path)
    copy = shutil.copytree(finished, tmp_path / "copy")
    (copy / "episodes.parquet").write_bytes((copy / "episodes.parquet").read_bytes()[:1000])
    assert "missing or damaged" in refusal(capsys, "score", copy)


def test_a_run_on_other_packs_is_not_scored(finished, tmp_path, capsys):
    copy = shutil.copytree(finished, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"]["shift.npz"] = "0" * 64
    results.write_json(copy / "manifest.json", manifest)
    assert "other packs" in refusal(capsys, "score", copy)


def test_show_draws_pairs_a_level_and_an_animation(tmp_path):
    assert main(["show", "coinrun-v1", "--out", str(tmp_path / "pairs.png"), "--count", "2"]) == 0
    assert main(["show", "coinrun-v1", "--out", str(tmp_path / "best.gif")]) == 0
    (tmp_path / "level.txt").write_text("@..o.G\n######\n")
    level = ["--level", str(tmp_path / "level.txt")]
    assert main(["show", "coinrun-v1", "--out", str(tmp_path / "level.png"), *level]) == 0
    assert Image.open(tmp_path / "pairs.png").width > Image.open(tmp_path / "level.png").width
    assert Image.open(tmp_path / "best.gif").n_frames > 5


def test_show_refuses_a_drawing_that_is_no_level(tmp_path, capsys):
    (tmp_path / "level.txt").write_text("@..?.G\n######\n")
    arguments = ["show", "coinrun-v1", "--out", tmp_path / "a.png", "--level", tmp_path / "level.txt"]
    assert "'?'" in refusal(capsys, *arguments)
    assert not (tmp_path / "a.png").exists()


def test_show_overwrites_nothing(tmp_path, capsys):
    (tmp_path / "a.png").write_text("mine")
    assert "there already" in refusal(capsys, "show", "coinrun-v1", "--out", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_text() == "mine"


def test_list_names_tasks_and_algorithms(capsys):
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["tasks"]["coinrun-v1"]["goal"] == "take the coin"
    assert listed["algorithms"] == ["ppo", "ppo-rnn"]
    assert main(["list"]) == 0
    assert "coinrun-v1" in capsys.readouterr().out


def test_help_and_list_do_not_wait_for_jax():
    code = "import sys; from gmbench.cli.main import main; main(['list']); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
