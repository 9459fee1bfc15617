"""Progress on stderr: a bar with the time elapsed and left, lines without a terminal, nothing if quiet."""

import io
import json
import re

import pytest
from rich.console import Console

from gmbench.cli import progress
from gmbench.cli.progress import Progress, ProgressBar, ProgressLines, Timer, make_progress
from gmbench.runs.group import manifests
from tests.commands import command_line, run_command
from tests.tiny_runs import TASK, no_figures

TINY = command_line("run", TASK, seeds=2, steps=4096, levels=64)


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(clock):
    """Progress in lines, and the file that it is printed to."""
    printed = io.StringIO()
    return ProgressLines(Console(file=printed, width=20), clock), printed


def test_the_time_left_is_that_of_the_updates_alone_and_never_counts_up(clock):
    timer = Timer(clock)
    assert (timer.left(), str(timer)) == (None, "0:00:00 elapsed")
    clock.seconds = 100.0  # Compiling.
    timer.update(1, 11)
    assert timer.left() is None
    clock.seconds = 104.0
    timer.update(3, 11)
    assert timer.left() == 16.0
    seen = []
    for clock.seconds in range(104, 130, 3):
        seen.append(timer.left())
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0.0
    clock.seconds = 120.0
    timer.update(7, 11)
    assert str(timer) == "0:02:00 elapsed, 0:00:13 left"
    timer.update(11, 11)
    assert str(timer) == "0:02:00 elapsed"


def test_without_a_terminal_a_stage_has_a_line_and_training_one_every_half_minute(lines, clock):
    shown, printed = lines
    with shown:
        shown.stage("compiling")
        clock.seconds = 20.0
        shown.stage("training")
        for done in range(1, 101):
            clock.seconds += 1.0
            shown.update(done, 100, 0.5)
        shown.stage("evaluating")
    assert printed.getvalue().splitlines() == [
        "compiling, 0:00:00 elapsed",
        "training, 0:00:20 elapsed",
        "training: 30 % done, 0:00:50 elapsed, 0:01:10 left, mean return 0.50",
        "training: 60 % done, 0:01:20 elapsed, 0:00:40 left, mean return 0.50",
        "training: 90 % done, 0:01:50 elapsed, 0:00:10 left, mean return 0.50",
        "evaluating, 0:02:00 elapsed",
    ]


def test_lines_of_a_suite_name_the_task(lines, clock):
    shown, printed = lines
    shown.task("coinrun-v1", 1, 2)
    shown.stage("training")
    clock.seconds = 31.0
    shown.update(1, 2, float("nan"))
    assert printed.getvalue().splitlines() == [
        "1/2 coinrun-v1: training, 0:00:00 elapsed",
        "1/2 coinrun-v1: training: 50 % done, 0:00:31 elapsed",
    ]


def test_a_bar_names_both_times():
    printed = io.StringIO()
    with ProgressBar(Console(file=printed, force_terminal=True, width=120)) as bar:
        bar.task("coinrun-v1", 1, 2)
        bar.stage("training")
        bar.update(1, 4, 0.25)
        bar.update(2, 4, 0.25)
        bar.warn("[red] is no colour here")
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed.getvalue())
    assert "1/2 coinrun-v1: training" in text
    assert re.search(r"50% 0:00:00 elapsed, 0:00:00 left mean return 0.25", text)
    assert "[red] is no colour here" in text


def test_a_bar_of_a_command_without_a_stage_is_not_drawn():
    printed = io.StringIO()
    with ProgressBar(Console(file=printed, force_terminal=True)):
        pass
    assert printed.getvalue() == ""


@pytest.mark.parametrize(
    ("terminal", "variables", "quiet", "kind"),
    [
        (True, {"TERM": "xterm"}, False, ProgressBar),
        (True, {"TERM": "dumb"}, False, ProgressLines),
        (False, {}, False, ProgressLines),
        (True, {"TERM": "xterm"}, True, Progress),
    ],
)
def test_the_kind_of_progress_suits_the_console(terminal, variables, quiet, kind):
    console = Console(file=io.StringIO(), force_terminal=terminal, _environ=variables)
    assert type(make_progress(console, quiet)) is kind


def test_a_run_without_a_terminal_prints_one_line_for_each_stage(tmp_path, capfd):
    with no_figures():
        run_command(*TINY, "--json", "--out", tmp_path / "run")
    printed = capfd.readouterr()
    assert json.loads(printed.out)["task"] == TASK
    *stages, last = printed.err.splitlines()
    assert last == f"results and figures are in {tmp_path / 'run'}"
    names = ("drawing levels", "compiling", "training", "evaluating", "inferring goals", "scoring")
    for line, name in zip(stages, (*names, "drawing figures"), strict=True):
        assert re.fullmatch(rf"{name}, \d:\d\d:\d\d elapsed", line)
    seconds = json.loads((tmp_path / "run" / manifests.MANIFEST).read_text())["seconds"]
    assert 0 < seconds["checkpoints"] < seconds["all"]


QUIET = {
    "run": [*TINY, "--out", "{out}"],
    "run as JSON": [*TINY, "--json", "--out", "{out}"],
    "score": ["score", "{run}", "--json"],
    "calibrate": ["calibrate", TASK, "--json"],
    "sweep": [*command_line("sweep", TASK, seeds=2, steps=4096, levels=64), "--json", "--out", "{out}"],
    "speed": [
        *command_line("speed", TASK, seeds=1, batch=16, environments=16, repeats=1, seconds=0.01),
        "--json",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in ("speed", "sweep") else ()) for name in QUIET],
)
def test_a_quiet_command_prints_nothing_on_stderr(name, tiny_run, tmp_path, capfd):
    words = [word.format(out=tmp_path / "out", run=tiny_run) for word in QUIET[name]]
    with no_figures():
        run_command(*words, "--quiet")
    printed = capfd.readouterr()
    assert printed.err == ""
    if "--json" in words:
        json.loads(printed.out)
    else:
        assert "goal generalization G" in printed.out


def test_what_is_missing_is_said_by_a_quiet_command_too(capsys):
    shown = make_progress(Console(stderr=True), quiet=True)
    shown.stage("training")
    shown.note("round 1 of 3 is complete")
    shown.warn("1 of 5 seeds diverged")
    assert capsys.readouterr().err == "1 of 5 seeds diverged\n"
    assert progress.SECONDS_BETWEEN_LINES == 30.0
