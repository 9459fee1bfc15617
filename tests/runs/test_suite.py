"""Suites: what a run of a suite stores and prints, how it resumes, and which directories it refuses."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import gmbench
from gmbench.benchmarks.registry import load_task
from gmbench.benchmarks.suites import SUITES, Suite
from gmbench.errors import UsageError
from gmbench.runs import suite as suites
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.scores.stored import load_scored
from gmbench.runs.storage.reading import read_run
from tests.commands import refusal, run_command
from tests.stored import change_episodes, change_sealed
from tests.tiny_runs import SUITE, SUITE_COMMAND

TASKS = SUITES["quick"].tasks


@pytest.fixture
def copy(tiny_suite, tmp_path):
    """A copy of the tiny suite, which a test may change."""
    return shutil.copytree(tiny_suite, tmp_path / "copy")


@pytest.fixture
def ran(tiny_suite, monkeypatch):
    """The options with which tasks are run. Nothing is trained: results are copied from the tiny suite."""
    calls = []

    def copy_run(task, options, out, callbacks):
        calls.append({"task": task, **vars(options)})
        if out is not None:
            shutil.copytree(tiny_suite / task, out, dirs_exist_ok=True)
        return load_scored(tiny_suite / task)[1]

    monkeypatch.setattr(suites, "run_task", copy_run)
    return calls


def stored(out):
    return json.loads((out / "suite.json").read_text())


def test_a_suite_stores_its_scores_and_a_directory_for_each_task(tiny_suite):
    suite = stored(tiny_suite)
    assert suite["status"] == "complete"
    assert suite["suite"] == "quick"
    assert list(suite["tasks"]) == list(TASKS)
    for task in TASKS:
        scores = json.loads((tiny_suite / task / "scores.json").read_text())
        headline = suite["tasks"][task]
        assert headline["capability"] == scores["packs"]["iid"]["capability"]
        for name in ("shares", "verdicts", "capability_generalization", "goal_generalization", "seeds"):
            assert headline[name] == scores[name]
        assert json.loads((tiny_suite / task / "manifest.json").read_text())["status"] == "complete"
    assert sum(suite["verdicts"].values()) == SUITE["seeds"] * len(TASKS)
    assert Image.open(tiny_suite / "figures" / "suite_shares.png").width > 500
    assert (tiny_suite / "figures" / "suite_shares.pdf").read_bytes().startswith(b"%PDF")
    assert not list(tiny_suite.glob("*.part"))


def test_a_command_prints_the_result_of_each_task_and_a_table(ran, tmp_path, capsys):
    run_command(*SUITE_COMMAND, "--out", tmp_path / "new")
    printed = capsys.readouterr()
    assert [call["task"] for call in ran] == list(TASKS)
    for task in TASKS:
        assert f"{task}: 2 of 2 untrained; K - (0), G - (0); goal " in printed.err
        assert task in printed.out
    assert "IQM" in printed.out
    run_command(*SUITE_COMMAND, "--out", tmp_path / "other", "--json")
    scores = json.loads(capsys.readouterr().out)
    assert scores.items() <= stored(tmp_path / "other").items()


def test_callbacks_receive_the_tasks_and_their_results_in_turn(ran):
    started, results = [], []
    callbacks = Callbacks(task=lambda *task: started.append(task), result=results.append)
    suite = gmbench.run_suite("quick", callbacks=callbacks)
    assert started == [(task, place, len(TASKS)) for place, task in enumerate(TASKS, start=1)]
    assert [result.scores["task"] for result in results] == list(suite.results) == list(TASKS)
    assert suite.out is None


def test_options_replace_the_budget_of_a_suite(ran, monkeypatch):
    monkeypatch.setitem(SUITES, "two-v1", Suite("two-v1", TASKS, "without a budget"))
    gmbench.run_suite("quick", seeds=3)
    assert {name: ran[0][name] for name in SUITE} == {**SUITES["quick"].budget, "seeds": 3}
    gmbench.run_suite("two-v1", budget="standard", steps=100)
    budget = load_task(TASKS[-1]).budgets["standard"]
    call = ran[-1]
    assert (call["seeds"], call["steps"], call["levels"]) == (budget.seeds, 100, budget.levels)
    with pytest.raises(UsageError, match="own budget"):
        gmbench.run_suite("quick", budget="standard")


# Resuming.


def test_complete_tasks_are_not_run_again(copy, ran):
    before = stored(copy)
    shutil.rmtree(copy / TASKS[1])
    (copy / TASKS[1]).mkdir()
    times = {path: path.stat().st_mtime_ns for path in (copy / TASKS[0]).rglob("*")}
    run_command(*SUITE_COMMAND, "--out", copy)
    assert [call["task"] for call in ran] == [TASKS[1]]
    assert {path: path.stat().st_mtime_ns for path in (copy / TASKS[0]).rglob("*")} == times
    assert stored(copy) == before


def test_an_interrupted_suite_is_not_complete_and_resumes(tiny_suite, tmp_path, ran, monkeypatch, capsys):
    copy_run = suites.run_task

    def interrupt_second_task(task, *arguments):
        if task == TASKS[1]:
            raise KeyboardInterrupt
        return copy_run(task, *arguments)

    out = tmp_path / "new"
    monkeypatch.setattr(suites, "run_task", interrupt_second_task)
    with pytest.raises(KeyboardInterrupt):
        gmbench.run_suite("quick", out=out, **SUITE)
    assert stored(out)["status"] == "running"
    assert "is not complete" in refusal(capsys, "score", out)
    monkeypatch.setattr(suites, "run_task", copy_run)
    gmbench.run_suite("quick", out=out, **SUITE)
    assert [call["task"] for call in ran] == list(TASKS)
    assert stored(out) == stored(tiny_suite)


def test_an_interrupted_task_is_resumed(copy, ran, monkeypatch, tiny_suite):
    resumed = []

    def resume(out, memory, callbacks, algorithm, expected):
        resumed.append(out)
        return load_scored(tiny_suite / out.name)[1]

    monkeypatch.setattr(suites, "resume_run", resume)
    # A run makes whole updates; an interrupted one has the steps that were asked for.
    change_sealed(copy / TASKS[1] / "manifest.json", status="running", steps=SUITE["steps"])
    run_command(*SUITE_COMMAND, "--out", copy)
    assert resumed == [copy / TASKS[1]]
    change_sealed(copy / "suite.json", status="running")
    run_command("run", "--resume", copy)
    assert resumed == [copy / TASKS[1]] * 2
    assert not ran
    assert stored(copy) == stored(tiny_suite)


def test_a_complete_suite_is_not_resumed(tiny_suite, capsys):
    assert "is complete" in refusal(capsys, "run", "--resume", tiny_suite)


# Directories that are refused.


def test_a_directory_without_a_manifest_is_named_and_left_alone(copy, ran, capsys):
    (copy / TASKS[1] / "manifest.json").unlink()
    assert "holds no manifest.json" in refusal(capsys, *SUITE_COMMAND, "--out", copy)
    assert not ran
    assert (copy / TASKS[1] / "episodes.parquet").exists()


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
    assert words in refusal(capsys, *SUITE_COMMAND, *more, "--out", copy)
    assert stored(copy) == before
    assert not ran


def test_another_suite_other_tasks_and_other_runs_are_refused(copy, ran, capsys):
    assert "holds the suite quick" in refusal(capsys, "run", "full-v1", "--out", copy)
    change_sealed(copy / TASKS[0] / "manifest.json", alpha=1.0)
    assert "a run with other alpha" in refusal(capsys, *SUITE_COMMAND, "--out", copy)
    settings = stored(copy)["settings"]
    del settings[TASKS[0]]
    change_sealed(copy / "suite.json", settings=settings)
    assert f"started with the tasks {TASKS[1]};" in refusal(capsys, *SUITE_COMMAND, "--out", copy)
    assert not ran


def test_a_directory_of_something_else_is_left_alone(tiny_suite, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "is not empty" in refusal(capsys, *SUITE_COMMAND, "--out", tmp_path)
    assert "is a file" in refusal(capsys, *SUITE_COMMAND, "--out", tmp_path / "mine.txt")
    assert "is not empty" in refusal(capsys, *SUITE_COMMAND, "--out", tiny_suite / TASKS[0])
    assert "is not empty" in refusal(capsys, "run", TASKS[0], "--out", tiny_suite)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("content", ["{", "[]", '{"suite": "quick"}'])
def test_a_damaged_suite_is_named(content, copy, ran, capsys):
    (copy / "suite.json").write_text(content)
    assert "suite.json" in refusal(capsys, *SUITE_COMMAND, "--out", copy)
    assert "suite.json" in refusal(capsys, "score", copy)
    assert not ran


# Scoring again.


def test_scores_of_a_suite_follow_the_episodes_of_each_task(copy, capsys):
    task = TASKS[0]
    table = dict(read_run(copy / task).episodes)
    goal, proxy = (f"return_{goal.name}" for goal in load_task(task).env.goals)
    for name, value in ((goal, 10), (proxy, 0)):
        table[name] = np.where(table["pack"] == "shift", np.float32(value), table[name])
    change_episodes(copy / task, table)
    run_command("score", copy, "--json")
    printed, suite = json.loads(capsys.readouterr().out), stored(copy)
    assert printed.items() <= suite.items()
    assert suite["status"] == "complete"
    goals = [suite["tasks"][name]["shares"]["goal"]["mean"] for name in TASKS]
    assert goals[0] == pytest.approx(1.0)
    assert suite["mean"]["shares"]["goal"]["mean"] == pytest.approx(np.mean(goals))
    rescored = json.loads((copy / task / "scores.json").read_text())
    assert rescored["shares"] == suite["tasks"][task]["shares"]
