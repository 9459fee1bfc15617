"""Suites: which tasks they have, their runs and how these go on, and their scores and figure."""

import json
import shutil
import warnings

import numpy as np
import pytest
from PIL import Image
from scipy import stats

import gmbench
from gmbench.runs.storage import results
from gmbench.runs import run as runner
from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED, ROBUST, SHARES, UNTRAINED
from gmbench.benchmarks.suites import SUITES, Suite
from gmbench.benchmarks.descriptions import TASKS as ALL_TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.cli.main import main
from gmbench.errors import UsageError
from gmbench.reports.figures import save_suite_figures
from gmbench.reports.figures.shares import suite_shares
from gmbench.runs.rescore import load_scored
from gmbench.runs.storage.results import plain
from gmbench.runs.suite import Told, run_suite
from gmbench.runs.scores.suite import score_suite
from tests.commands import refusal
from tests.reports.figures.drawn import assert_nothing_is_cut_or_covered, bars, ticks
from tests.made_up import make_result

TINY = {"seeds": 2, "steps": 8192, "levels": 64}
COMMAND = ["run", "quick", *(word for name, value in TINY.items() for word in (f"--{name}", str(value)))]
TASKS = SUITES["quick"].tasks


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The directory of a tiny suite."""
    out = tmp_path_factory.mktemp("runs") / "quick"
    assert main([*COMMAND, "--out", str(out)]) == 0
    return out


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


@pytest.fixture
def ran(finished, monkeypatch):
    """The settings of the tasks that were run: it takes no time, as they come from the finished suite."""
    calls = []

    def fetch(task, *, out, watch, **settings):
        calls.append({"task": task, **settings})
        if out is not None:
            shutil.copytree(finished / task, out, dirs_exist_ok=True)
        return load_scored(finished / task)[1]

    monkeypatch.setattr(runner, "run", fetch)
    return calls


def stored(out):
    return json.loads((out / "suite.json").read_text())


# Which there are.


def test_suites_follow_from_the_registry_of_tasks():
    exact = [task for task, entry in ALL_TASKS.items() if entry.references == "exact"]
    assert list(SUITES["core-v1"].tasks) == exact
    assert list(SUITES["full-v1"].tasks) == list(ALL_TASKS)
    assert set(TASKS) < set(exact) or set(TASKS) == set(exact)
    assert {load_task(task).counting for task in TASKS} == {"first", "all"}


@pytest.mark.parametrize("task", ALL_TASKS)
def test_an_entry_says_whether_its_references_are_exact(task):
    assert (ALL_TASKS[task].references == "exact") == load_task(task).planned


def test_list_names_the_suites_and_their_tasks(capsys):
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["suites"]["full-v1"]["tasks"] == list(listed["tasks"])
    assert main(["list"]) == 0
    assert "core-v1" in capsys.readouterr().out


# A run.


def test_a_suite_leaves_its_scores_and_a_directory_for_each_task(finished):
    suite = stored(finished)
    assert suite["status"] == "complete"
    assert suite["suite"] == "quick"
    assert list(suite["tasks"]) == list(TASKS)
    for task in TASKS:
        scores = json.loads((finished / task / "scores.json").read_text())
        headline = suite["tasks"][task]
        assert headline["capability"] == scores["packs"]["iid"]["capability"]
        for name in ("shares", "verdicts", "capability_generalization", "goal_generalization", "seeds"):
            assert headline[name] == scores[name]
        assert json.loads((finished / task / "manifest.json").read_text())["status"] == "complete"
    assert sum(suite["verdicts"].values()) == TINY["seeds"] * len(TASKS)
    assert Image.open(finished / "figures" / "suite_shares.png").width > 500
    assert (finished / "figures" / "suite_shares.pdf").read_bytes().startswith(b"%PDF")
    assert not list(finished.glob("*.part"))


def test_a_run_says_which_task_it_is_at_and_how_each_came_out(ran, tmp_path, capsys):
    assert main([*COMMAND, "--out", str(tmp_path / "new")]) == 0
    told = capsys.readouterr()
    assert [call["task"] for call in ran] == list(TASKS)
    for task in TASKS:
        assert f"{task}: K " in told.err
        assert task in told.out
    assert "IQM" in told.out
    assert main([*COMMAND, "--out", str(tmp_path / "other"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures.items() <= stored(tmp_path / "other").items()


def test_progress_names_the_tasks_in_turn(ran):
    at, scored = [], []
    result = gmbench.run_suite("quick", told=Told(lambda *what: at.append(what), scored.append))
    assert at == [(task, place, len(TASKS)) for place, task in enumerate(TASKS, start=1)]
    assert [scores["task"] for scores in scored] == list(result.results) == list(TASKS)
    assert result.out is None


def test_a_suite_may_have_a_budget_and_what_is_given_goes_before_it(ran, monkeypatch):
    monkeypatch.setitem(SUITES, "two-v1", Suite("two-v1", TASKS, "without a budget"))
    run_suite("quick", seeds=3)
    assert {name: ran[0][name] for name in TINY} == {**SUITES["quick"].budget, "seeds": 3}
    run_suite("two-v1", budget="standard", steps=100)
    budget = load_task(TASKS[-1]).budgets["standard"]
    call = ran[-1]
    assert (call["seeds"], call["steps"], call["levels"]) == (budget.seeds, 100, budget.levels)
    with pytest.raises(UsageError, match="own budget"):
        run_suite("quick", budget="standard")


# A run that goes on.


def test_what_is_complete_is_not_run_again(copy, ran):
    before = stored(copy)
    shutil.rmtree(copy / TASKS[1])
    (copy / TASKS[1]).mkdir()
    kept = {path: path.stat().st_mtime_ns for path in (copy / TASKS[0]).rglob("*")}
    assert main([*COMMAND, "--out", str(copy)]) == 0
    assert [call["task"] for call in ran] == [TASKS[1]]
    assert {path: path.stat().st_mtime_ns for path in (copy / TASKS[0]).rglob("*")} == kept
    assert stored(copy) == before


def test_an_interrupted_suite_is_unfinished_and_goes_on(finished, tmp_path, ran, monkeypatch, capsys):
    fetch = runner.run

    def interrupted(task, **settings):
        if task == TASKS[1]:
            raise KeyboardInterrupt
        return fetch(task, **settings)

    out = tmp_path / "new"
    monkeypatch.setattr(runner, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_suite("quick", out=out, **TINY)
    assert stored(out)["status"] == "running"
    assert "was not finished" in refusal(capsys, "score", out)
    monkeypatch.setattr(runner, "run", fetch)
    run_suite("quick", out=out, **TINY)
    assert [call["task"] for call in ran] == list(TASKS)
    assert stored(out) == stored(finished)


def test_a_half_written_task_is_taken_up_again(copy, ran, monkeypatch, finished):
    resumed = []

    def take_up(out, *, memory, watch):
        resumed.append(out)
        return load_scored(finished / out.name)[1]

    monkeypatch.setattr(runner, "resume", take_up)
    manifest = json.loads((copy / TASKS[1] / "manifest.json").read_text())
    results.write_json(copy / TASKS[1] / "manifest.json", {**manifest, "status": "running"})
    assert main([*COMMAND, "--out", str(copy)]) == 0
    assert resumed == [copy / TASKS[1]]
    results.write_json(copy / "suite.json", {**stored(copy), "status": "running"})
    assert main(["run", "--resume", str(copy)]) == 0
    assert resumed == [copy / TASKS[1]] * 2
    assert not ran
    assert stored(copy) == stored(finished)


def test_what_belongs_to_no_run_is_left_alone_and_named(copy, ran, capsys):
    (copy / TASKS[1] / "manifest.json").unlink()
    assert "holds no manifest.json" in refusal(capsys, *COMMAND, "--out", copy)
    assert not ran
    assert (copy / TASKS[1] / "episodes.parquet").exists()


def test_a_complete_suite_is_not_taken_up_again(finished, capsys):
    assert "is complete" in refusal(capsys, "run", "--resume", finished)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--seeds", "3"], "seeds 2, not 3"),
        (["--steps", "9000"], "steps 8192, not 9000"),
        (["--alpha", "0.5"], "alpha 0.0, not 0.5"),
    ],
)
def test_other_settings_are_refused(more, words, copy, ran, capsys):
    before = stored(copy)
    assert words in refusal(capsys, *COMMAND, *more, "--out", copy)
    assert stored(copy) == before
    assert not ran


def test_another_suite_other_tasks_and_other_runs_are_refused(copy, ran, capsys):
    assert "holds the suite quick" in refusal(capsys, "run", "full-v1", "--out", copy)
    manifest = json.loads((copy / TASKS[0] / "manifest.json").read_text())
    results.write_json(copy / TASKS[0] / "manifest.json", {**manifest, "alpha": 1.0})
    assert "a run with other alpha" in refusal(capsys, *COMMAND, "--out", copy)
    suite = stored(copy)
    del suite["settings"][TASKS[0]]
    results.write_json(copy / "suite.json", suite)
    assert f"begun with the tasks {TASKS[1]};" in refusal(capsys, *COMMAND, "--out", copy)
    assert not ran


def test_a_directory_of_something_else_is_left_alone(finished, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "is not empty" in refusal(capsys, *COMMAND, "--out", tmp_path)
    assert "is a file" in refusal(capsys, *COMMAND, "--out", tmp_path / "mine.txt")
    assert "is not empty" in refusal(capsys, *COMMAND, "--out", finished / TASKS[0])
    assert "is not empty" in refusal(capsys, "run", TASKS[0], "--out", finished)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("content", ["{", "[]", '{"suite": "quick"}'])
def test_a_damaged_suite_is_named_as_such(content, copy, ran, capsys):
    (copy / "suite.json").write_text(content)
    assert "suite.json" in refusal(capsys, *COMMAND, "--out", copy)
    assert "suite.json" in refusal(capsys, "score", copy)
    assert not ran


# Wrong names.


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "core-v1", "--out", "a.png"],
        ["show", "core-v1", "--out", "a.gif"],
        ["calibrate", "core-v1"],
        ["speed", "core-v1"],
    ],
)
def test_a_suite_where_a_task_belongs_gets_one_sentence(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "core-v1 is a suite, and this takes a task" in refusal(capsys, *arguments)


def test_unknown_names_get_the_names_of_tasks_and_suites(capsys, tmp_path):
    message = refusal(capsys, "run", "core-v9", "--out", tmp_path / "new")
    for name in (*ALL_TASKS, *SUITES):
        assert name in message
    with pytest.raises(UsageError, match="is a suite"):
        gmbench.make("core-v1")
    with pytest.raises(UsageError, match="no suite 'coinrun-v1'"):
        gmbench.run_suite("coinrun-v1")
    assert "no algorithm 'dqn'" in refusal(
        capsys, "run", "core-v1", "--algorithm", "dqn", "--out", tmp_path / "new"
    )
    assert not (tmp_path / "new").exists()


def test_calibration_wants_a_task_of_the_suite(finished, capsys):
    message = refusal(capsys, "calibrate", TASKS[0], "--run", finished)
    assert f"such as {finished / TASKS[0]}" in message


# Scores.


def test_score_follows_the_episodes_of_each_task(copy, capsys):
    task = TASKS[0]
    table = dict(results.read_run(copy / task).episodes)
    goal = f"return_{load_task(task).env.goals[0].name}"
    table[goal] = np.where(table["pack"] == "shift", np.float32(10), table[goal])
    results.write_table(copy / task / "episodes.parquet", table)
    assert main(["score", str(copy), "--json"]) == 0
    printed, suite = json.loads(capsys.readouterr().out), stored(copy)
    assert printed.items() <= suite.items()
    assert suite["status"] == "complete"
    goals = [suite["tasks"][name]["shares"]["goal"]["mean"] for name in TASKS]
    assert goals[0] == 1.0
    assert suite["mean"]["shares"]["goal"]["mean"] == pytest.approx(np.mean(goals))
    rescored = json.loads((copy / task / "scores.json").read_text())
    assert rescored["shares"] == suite["tasks"][task]["shares"]


@pytest.fixture(scope="module")
def scores():
    """Those of three tasks."""
    verdicts = {
        "a-v1": [MISGENERALIZED] * 6 + [ROBUST] * 2,
        "b-v1": [ROBUST] * 5 + [INCAPABLE] * 3,
        "c-v1": [MISGENERALIZED] * 4 + [UNTRAINED] * 4,
    }
    return {task: {**make_result(kinds).scores, "task": task} for task, kinds in verdicts.items()}


def figures(scores, figure):
    return np.array([[figure(seed) for seed in scored["per_seed"]] for scored in scores.values()])


def test_aggregates_are_of_the_seeds_of_all_tasks(scores):
    suite = score_suite("made-up", scores)
    paths = {
        "capability": lambda seed: seed["capability"]["iid"],
        "capability_generalization": lambda seed: seed["capability_generalization"],
    }
    for name, figure in paths.items():
        values = figures(scores, figure)
        assert suite["interquartile_mean"][name]["mean"] == pytest.approx(
            stats.trim_mean(values.ravel(), 0.25)
        )
        assert suite["mean"][name]["mean"] == pytest.approx(values.mean())
    for share in SHARES:
        values = figures(scores, lambda seed, share=share: seed["shares"][share])
        estimate = suite["interquartile_mean"]["shares"][share]
        assert estimate["mean"] == pytest.approx(stats.trim_mean(values.ravel(), 0.25))
        assert estimate["low"] <= estimate["mean"] <= estimate["high"]
        assert estimate["count"] == values.size
    assert sum(suite["mean"]["shares"][share]["mean"] for share in SHARES) == pytest.approx(1)
    assert suite["verdicts"][MISGENERALIZED] == 10
    assert suite["verdicts"][UNTRAINED] == 4


def test_an_aggregate_is_undefined_where_a_task_has_no_figure(scores):
    def of(verdict):
        return score_suite("made-up", {**scores, "d-v1": make_result([verdict] * 4).scores})

    assert np.isfinite(of(ROBUST)["mean"]["goal_generalization"]["mean"])
    for aggregate in ("mean", "interquartile_mean"):
        undefined = of(UNTRAINED)[aggregate]
        assert np.isnan(undefined["goal_generalization"]["mean"])
        assert np.isfinite(undefined["shares"]["goal"]["mean"])


def test_scores_from_files_give_the_same(scores):
    assert plain(score_suite("made-up", plain(scores))) == plain(score_suite("made-up", scores))


def test_a_suite_of_single_seeds_has_no_intervals_but_a_table_and_a_figure(tmp_path):
    from gmbench.reports.tables.scores import suite_table

    suite = score_suite("made-up", {"a-v1": make_result([MISGENERALIZED]).scores})
    assert np.isnan(suite["interquartile_mean"]["capability"]["low"])
    assert suite_table(suite).row_count == 5
    assert len(save_suite_figures(suite, tmp_path)) == 2


# The figure.


def test_bars_are_the_shares_of_each_task_and_of_all(scores):
    suite = score_suite("made-up", scores)
    figure = suite_shares(suite)
    (axes,) = figure.axes
    rows = [*suite["tasks"].values(), suite["mean"]]
    expected = [[row["shares"][share]["mean"] for share in SHARES] for row in rows]
    np.testing.assert_allclose(bars(axes)[1][::-1], expected)  # Drawn from the top down.
    assert ticks(axes.yaxis) == [*scores, "all tasks"]
    assert figure.get_suptitle() == "made-up · ppo · 8 seeds each · alpha 0"


@pytest.mark.parametrize("count", [1, 14])
def test_nothing_is_cut_or_covered(scores, count):
    many = {f"instruct-v{number}": scores["a-v1"] for number in range(count)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_nothing_is_cut_or_covered(suite_shares(score_suite("made-up", many)))
