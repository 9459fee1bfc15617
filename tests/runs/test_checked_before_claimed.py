"""Every setting is checked before a directory is claimed: the corrected command can have the directory."""

import numpy as np
import pytest

import gmbench
from gmbench.cli.main import main
from gmbench.errors import UsageError
from gmbench.runs import memory_planning
from gmbench.runs.program_memory import Memory
from gmbench.runs.storage import manifests
from gmbench.runs.storage.directories import claimed
from tests.commands import command_line
from tests.tiny_runs import TASK

pytestmark = pytest.mark.usefixtures("without_figures")
NAN, INF = float("nan"), float("inf")
REFUSED = [
    ({"steps": 1e3 + 0.5}, "steps must be a whole number, not 1000.5"),
    ({"steps": 10**18}, "steps must be at most 1,000,000,000,000, not 1000000000000000000"),
    ({"steps": 10**12}, "gradient steps, and 2,147,483,647 are the most; give fewer steps"),
    ({"steps": NAN}, "steps must be a whole number, not nan"),
    ({"seeds": INF}, "seeds must be a whole number, not inf"),
    ({"seeds": -1}, "seeds must be at least 1, not -1"),
    ({"seeds": 10**7}, "seeds must be at most 1,000,000"),
    ({"levels": 0}, "levels must be at least 1, not 0"),
    ({"levels": 10**8}, "levels must be at most 10,000,000"),
    ({"block": 0}, "block must be at least 1, not 0"),
    ({"block": 2.5}, "block must be a whole number, not 2.5"),
    ({"memory": 0}, "memory must be above 0, not 0"),
    ({"memory": NAN}, "memory must be above 0, not nan"),
    ({"memory": INF}, "memory must be above 0, not inf"),
    ({"memory": 1e9}, "GiB of the device, not 1e+09"),
    ({"memory": 1e-9}, "a block of seeds needs"),
    ({"alpha": NAN}, "alpha must lie between 0 and 1, not nan"),
    ({"alpha": 1.5}, "alpha must lie between 0 and 1, not 1.5"),
    ({"budget": "huge"}, "budget"),
    ({"algorithm": "dqn"}, "there is no algorithm 'dqn'"),
]
IN_PYTHON = [
    ({"steps": True}, "steps must be a whole number, not True"),
    ({"steps": "1000"}, "steps must be a whole number, not '1000'"),
    ({"seeds": [2]}, r"seeds must be a whole number, not \[2\]"),
    ({"alpha": "0.5"}, "alpha must be a number, not '0.5'"),
    ({"alpha": None}, "alpha cannot be None"),
    ({"budget": 5}, "budget must be a text, not 5"),
    ({"algorithm": print}, "algorithm must be a text, not "),
    ({"part": "1/3"}, "part must be two whole numbers, such as"),
    ({"part": (1, 2.5)}, "the number of parts must be a whole number, not 2.5"),
    ({"part": (3, 2)}, "there is no part 3 of 2"),
    ({"part": (1, 9)}, "make 1 parts at most, not 9"),
    ({"callbacks": print}, r"callbacks must be gmbench.Callbacks\(...\), not "),
]


@pytest.mark.parametrize(("options", "sentence"), REFUSED, ids=str)
def test_the_command_line_refuses_in_one_sentence(options, sentence, tmp_path, capsys):
    command = ["sweep" if set(options) & {"levels", "alpha"} else "run", TASK]
    for words in (command, ["run", "quick"]):
        assert main([*command_line(*words, **options), "--out", str(tmp_path / "new")]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("gmbench: ")
        assert sentence in line
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("options", "sentence"), IN_PYTHON, ids=str)
def test_python_refuses_what_the_command_line_cannot_say(options, sentence, tmp_path):
    with pytest.raises(UsageError, match=sentence):
        gmbench.run(TASK, out=tmp_path / "new", **options)
    assert not list(tmp_path.iterdir())


def test_other_arguments_of_functions_are_checked_too(tmp_path):
    for task in (5, None, ["ascent-v1"]):
        with pytest.raises(UsageError, match="the id of a task must be a text"):
            gmbench.run(task)
        with pytest.raises(UsageError, match="the id of a suite must be a text"):
            gmbench.run_suite(task)
    for out in (5, "", b"new"):
        with pytest.raises(UsageError, match="a directory must be given as a path"):
            gmbench.run_sweep(TASK, out=out)
    with pytest.raises(UsageError, match=r"alpha must be a sequence of numbers, not 0\.5"):
        gmbench.run_sweep(TASK, out=tmp_path / "new", alpha=0.5)
    with pytest.raises(UsageError, match="levels must be a whole number, not None"):
        gmbench.run_sweep(TASK, out=tmp_path / "new", levels=[None])
    with pytest.raises(UsageError, match="memory must be above 0, not 0"):
        gmbench.resume(tmp_path / "new", memory=0)
    for number in (-1, 2**32, 0.5):
        with pytest.raises(UsageError, match="seed must be"):
            gmbench.make(TASK, levels=8, seed=number)
    assert not list(tmp_path.iterdir())


def test_whole_floats_and_numbers_of_numpy_run_and_are_stored_as_ints(tmp_path):
    settings = {"seeds": np.int64(1), "steps": 1e3, "levels": np.float32(64), "block": np.uint8(1)}
    manifest = gmbench.run(TASK, out=tmp_path / "run", **settings).manifest
    assert [manifest[name] for name in ("seeds", "levels", "block", "part")] == [1, 64, 1, (1, 1)]
    assert all(type(manifest[name]) is int for name in settings)


def test_a_refusal_that_needs_the_compiled_programs_leaves_no_directory(tmp_path, monkeypatch):
    """Only the compiler knows the whole memory of a program."""
    monkeypatch.setattr(memory_planning, "program_memory", lambda _: Memory(2**40, 0, 0, 0))
    out = tmp_path / "new"
    tiny = {"seeds": 1, "steps": 1000, "levels": 64}
    with pytest.raises(UsageError, match="a block of seeds needs 1e\\+03 GiB"):
        gmbench.run(TASK, out=out, **tiny)
    assert not out.exists()
    out.mkdir()
    with pytest.raises(UsageError, match="a block of seeds needs"):
        gmbench.run_sweep(TASK, out=out, alpha=(0.0, 0.5), levels=(64,), seeds=1, steps=1000)
    assert list(tmp_path.iterdir()) == [out], "a directory that was there before stays"
    assert not list(out.iterdir())


def test_what_is_saved_is_not_removed(tmp_path):
    out = tmp_path / "new"

    def fail(file):
        with claimed(out):
            (out / manifests.MANIFEST).write_text("{}")
            (out / "seeds").mkdir()
            if file:
                (out / "seeds" / file).write_text("")
            raise UsageError("no")

    with pytest.raises(UsageError):
        fail(None)
    assert not out.exists()
    with pytest.raises(UsageError):
        fail("curves.parquet")
    assert (out / "seeds" / "curves.parquet").exists()
