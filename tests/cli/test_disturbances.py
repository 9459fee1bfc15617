"""A run that is stopped in any stage: one sentence, nothing in the way, and the same tables in the end."""

import errno
import functools
import io
import os
import shutil
import signal
import sys

import matplotlib.figure
import orbax.checkpoint
import pyarrow.parquet
import pytest

import gmbench
from gmbench.cli.main import main
from gmbench.errors import UsageError
from gmbench.runs import execution, group
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.training_programs import Cohort
from tests.commands import command_line, refusal, run_command
from tests.disturbed import STAGES
from tests.processes import run_process
from tests.tiny_runs import TASK, assert_same_results, no_figures

SETTINGS = {"seeds": 2, "steps": 20_000, "levels": 64}
COMMAND = command_line("run", TASK, **SETTINGS)
SLOW = pytest.mark.slow
SIGNALS = {name: getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGKILL")}
QUICK = {
    ("import", "SIGTERM"),
    ("drawing levels", "SIGKILL"),
    ("compiling", "SIGINT"),
    ("training", "SIGTERM"),
    ("training", "SIGKILL"),
    ("evaluating", "SIGINT"),
    ("drawing figures", "SIGTERM"),
}
"""The cells of the matrix that the quick tests have: each stage and each signal."""
MATRIX = [
    pytest.param(stage, name, marks=() if (stage, name) in QUICK else SLOW)
    for stage in STAGES
    for name in SIGNALS
]
SENTENCES = {
    "import": "stopped while starting; repeat the command",
    "training": "stopped and saved the training; resume with gmbench run --resume {out}",
    "drawing figures": "stopped while drawing figures; the results in {out} are complete; "
    "gmbench score {out} draws the figures if they are missing",
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The directory of a run that nothing disturbed, without figures."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    with no_figures():
        run_command(*COMMAND, "--out", out)
    return out


def go_on(out):
    """Does what the sentence of a stopped run says: repeats the command, resumes it, or draws figures."""
    status = 0
    with no_figures():
        if not (out / "manifest.json").exists():
            status = main([*COMMAND, "--out", str(out)])
        elif main(["run", "--resume", str(out)]) != 0:
            status = main(["score", str(out)])
    return status


@pytest.mark.parametrize(("stage", "name"), MATRIX)
def test_a_stopped_run_goes_on_to_the_same_tables(stage, name, undisturbed, tmp_path):
    out = tmp_path / "run"
    program = [sys.executable, "-m", "tests.disturbed", stage, name]
    variables = {
        key: os.environ[key] for key in ("JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS") if key in os.environ
    }
    done = run_process([*program, *COMMAND, "--out", out], cwd=tmp_path, variables=variables)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    if name == "SIGKILL":
        assert done.returncode == -signal.SIGKILL
    else:
        assert done.returncode == 128 + SIGNALS[name]
        otherwise = f"stopped while {stage}; resume with gmbench run --resume {{out}}"
        sentence = SENTENCES.get(stage, otherwise).format(out=out)
        assert done.stderr.splitlines()[-1] == f"gmbench: {sentence}"
    assert go_on(out) == 0
    assert_same_results(out, undisturbed)
    assert (out / "figures").is_dir()
    assert not list(out.rglob("*.part"))


def full(path):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@pytest.fixture
def full_disk(monkeypatch):
    """A function that makes the disk full from the n-th time on that a file of a name is written.

    The file stays behind empty. The function returns the list of the files that found no room; without a
    name, it makes room again.
    """
    missed, awaited = [], []

    def has_no_room(path):
        if not awaited or awaited[0] not in str(path):
            return False
        awaited[1] -= 1
        if awaited[1] < 1:
            missed.append(path)
        return awaited[1] < 1

    def guard(write, position=0):
        def guarded(*arguments, **options):
            path = arguments[position] if len(arguments) > position else options["path"]
            if has_no_room(path):
                full(path)
            return write(*arguments, **options)

        return guarded

    original = io.open

    def opening(file, mode="r", *arguments, **options):
        if not isinstance(file, int) and set(mode) & set("wax") and has_no_room(file):
            original(file, mode, *arguments, **options).close()
            full(file)
        return original(file, mode, *arguments, **options)

    monkeypatch.setattr(io, "open", opening)
    monkeypatch.setattr("builtins.open", opening)
    monkeypatch.setattr(pyarrow.parquet, "write_table", guard(pyarrow.parquet.write_table, 1))
    checkpointer = orbax.checkpoint.StandardCheckpointer
    monkeypatch.setattr(checkpointer, "save", guard(checkpointer.save, 1))

    def make(name=None, number=1):
        awaited[:] = [] if name is None else [name, number]
        missed.clear()
        return missed

    return make


WRITTEN = {
    "drawing levels": [(".lock", 1), ("manifest.json", 1), ("manifest.json", 2)],
    "compiling": [("plan.json", 1)],
    "training": [("learners.npz", 1), ("metrics.npz", 1), ("digests.json", 1)],
    "evaluating": [("goal_inference.parquet", 1), ("facts.json", 1)],
    "scoring": [("episodes.parquet", 1), ("scores.json", 1), ("/checkpoint", 1), ("manifest.json", 2)],
}
"""What a run writes in each stage, in this order."""


@pytest.mark.slow
def test_a_disk_that_is_full_again_and_again_costs_a_sentence_each_time(
    full_disk, undisturbed, tmp_path, capsys
):
    out = tmp_path / "run"
    with no_figures():
        for stage, files in WRITTEN.items():
            for name, number in files:
                started = (out / "manifest.json").exists()
                words = ["run", "--resume", out] if started else [*COMMAND, "--out", out]
                missed = full_disk(name, number)
                message = refusal(capsys, *words)
                assert missed, f"{stage} writes no {name}"
                assert "No space left on device" in message, stage
                assert "make room" in message
                assert not list(out.rglob("*.part")), name
        full_disk()
        run_command("run", "--resume", out)
    assert_same_results(out, undisturbed)


def test_a_full_disk_for_figures_costs_nothing_but_the_figures(full_disk, tiny_run, tmp_path, capsys):
    out = tmp_path / "run"
    shutil.copytree(tiny_run, out)
    shutil.rmtree(out / "figures")
    missed = full_disk("learning_curves.pdf")
    run_command("score", out)
    assert missed
    [line] = [line for line in capsys.readouterr().err.splitlines() if "missing" in line]
    assert line.startswith(f"the results in {out} are complete, but their figures are missing ([Errno 28] No")
    assert line.endswith(f"gmbench score {out} draws them")
    assert not list(out.glob("figures*"))
    full_disk()
    run_command("score", out, "--quiet")
    assert capsys.readouterr().err == ""
    for figure in (tiny_run / "figures").iterdir():
        assert (out / "figures" / figure.name).read_bytes() == figure.read_bytes(), figure.name


@pytest.mark.parametrize("name", ["levels.png", "best.gif"])
def test_a_full_disk_for_a_picture_does_not_block_the_next_try(name, full_disk, tmp_path, capsys):
    missed = full_disk(name)
    words = ["show", TASK, "--out", tmp_path / name]
    message = refusal(capsys, *words)
    assert missed
    assert f"{tmp_path / name} cannot be written (No space left on device); make room" in message
    assert not list(tmp_path.iterdir())
    full_disk()
    run_command(*words)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_disk_that_is_full_when_modules_are_imported_is_one_sentence(tmp_path):
    program = [sys.executable, "-m", "tests.disturbed", "import", "ENOSPC"]
    done = run_process([*program, *COMMAND, "--out", tmp_path / "run"], cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "No space left on device" in done.stderr
    assert not (tmp_path / "run").exists()


def press_ctrl_c(*_, **__):
    raise KeyboardInterrupt


def test_an_interrupted_notebook_leaves_a_run_that_resumes(undisturbed, tmp_path, monkeypatch):
    out, handlers = tmp_path / "run", [signal.getsignal(number) for number in (2, 15)]

    with no_figures():
        for owner, name in (
            (group, "training_levels"),
            (execution, "plan_memory"),
            (Cohort, "update"),
            (execution, "infer_packs"),
            (group, "score"),
        ):
            run = functools.partial(gmbench.run, TASK, out=out, **SETTINGS)
            if (out / "manifest.json").exists():
                run = functools.partial(gmbench.resume, out)
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, press_ctrl_c)
                with pytest.raises(KeyboardInterrupt):
                    run()
            assert [signal.getsignal(number) for number in (2, 15)] == handlers
        gmbench.resume(out)
    assert_same_results(out, undisturbed)
    assert not list(out.glob(".*"))


@pytest.mark.parametrize("lost", ["directory", "lock", "lock of another run"])
def test_a_directory_that_is_taken_away_ends_the_run_in_one_sentence(lost, tmp_path):
    out = tmp_path / "run"

    def take_away(*_):
        if lost == "directory":
            shutil.rmtree(out)
        elif (out / ".lock").exists():
            (out / ".lock").unlink()
            if lost == "lock of another run":
                (out / ".lock").touch()

    with no_figures(), pytest.raises(UsageError, match="was removed while the run was at work there"):
        gmbench.run(TASK, out=out, **SETTINGS, callbacks=Callbacks(progress=take_away, stop=lambda: True))
    assert out.exists() == (lost != "directory")
    assert (out / ".lock").exists() == (lost == "lock of another run")
    assert not (out / "training" / "0000-000000001").exists()


def test_figures_do_not_depend_on_the_matplotlibrc_of_the_user(tiny_run, tmp_path, capsys):
    out = tmp_path / "run"
    shutil.copytree(tiny_run, out)
    shutil.rmtree(out / "figures")
    hostile = {"text.usetex": True, "font.size": 40, "savefig.dpi": 10, "figure.dpi": 10, "pdf.fonttype": 3}
    with matplotlib.rc_context(hostile):
        run_command("score", out)
        assert matplotlib.rcParams["font.size"] == 40
    for figure in (tiny_run / "figures").iterdir():
        assert (out / "figures" / figure.name).read_bytes() == figure.read_bytes(), figure.name


def test_a_merge_that_was_stopped_can_be_repeated(tmp_path, monkeypatch, capsys):
    parts = [tmp_path / "one", tmp_path / "other"]
    merge = ["merge", *parts, "--out", tmp_path / "whole"]
    with no_figures():
        for number, part in enumerate(parts, start=1):
            run_command(*COMMAND, "--block", 1, "--part", f"{number}/2", "--out", part)
        with monkeypatch.context() as patch:
            patch.setattr("gmbench.runs.group.policies.save", press_ctrl_c)
            with pytest.raises(KeyboardInterrupt):
                gmbench.merge(parts, tmp_path / "whole")
        assert "holds no manifest.json" in refusal(capsys, "score", tmp_path / "whole")
        assert "is not empty" in refusal(capsys, *COMMAND, "--out", tmp_path / "whole")
        run_command(*merge)
        assert "is not empty" in refusal(capsys, *merge)
