"""Whatever a person does twice prints the same the second time: progress and single sentences on stderr."""

import re
import sys
import zlib

import pytest

from gmbench.cli.main import main
from gmbench.runs import program_cache
from gmbench.runs.program_cache import cache_folder, cache_variable, describe_processor
from tests.commands import command_line, refusal, run_command
from tests.processes import MODULE, environment, run_process
from tests.tiny_runs import TASK

TINY = command_line("run", TASK, seeds=2, steps=4096, levels=64)
PROGRESS = (
    r"(starting|drawing|compiling|training|evaluating|inferring|scoring).* \d:\d\d:\d\d.*|results and .*"
)
"""The lines that a run prints on stderr."""
FEATURE, FOREIGN = b"+adx,", b"+xop,"
"""A feature that processors of both makers have, and one that no new processor has."""
PROGRAM = """
from gmbench.cli.inherited import settle_inherited
from gmbench.runs.compilation import configure_compilation
settle_inherited(), configure_compilation()
import jax, jax.numpy as jnp
print(jax.jit(lambda x: jnp.sin(x) @ x)(jnp.ones((8, 8)))[0, 0])
"""
"""What every command does before it compiles or loads its programs."""


def make_foreign(cache):
    """Changes all compiled programs of a cache, as if another processor had compiled them."""
    changed = 0
    for path in cache.rglob("*-cache"):
        content = zlib.decompress(path.read_bytes())
        changed += content.count(FEATURE)
        path.write_bytes(zlib.compress(content.replace(FEATURE, FOREIGN)))
    return changed


def test_programs_of_another_processor_are_loaded_without_a_word(tmp_path):
    cache, command = tmp_path / "cache", [sys.executable, "-c", PROGRAM]
    variables = {"JAX_COMPILATION_CACHE_DIR": cache}
    first = run_process(command, cwd=tmp_path, variables=variables)
    assert (first.returncode, first.stderr) == (0, "")
    if not make_foreign(cache):
        pytest.skip("programs for this processor do not name this feature")
    second = run_process(command, cwd=tmp_path, variables=variables)
    assert (second.returncode, second.stdout, second.stderr) == (0, first.stdout, "")
    # The test would not notice a log that is lost on its way.
    asked = run_process(command, cwd=tmp_path, variables={**variables, "TF_CPP_MIN_LOG_LEVEL": "0"})
    assert "SIGILL" in asked.stderr


def test_a_damaged_cache_is_no_reason_for_a_word(tmp_path):
    variables = {"JAX_COMPILATION_CACHE_DIR": tmp_path / "cache"}
    for _ in range(2):
        done = run_process([sys.executable, "-c", PROGRAM], cwd=tmp_path, variables=variables)
        assert (done.returncode, done.stderr) == (0, "")
        programs = list((tmp_path / "cache").rglob("*-cache"))
        assert programs
        for path in programs:
            path.write_bytes(path.read_bytes()[:100])


@pytest.mark.slow
def test_a_second_run_prints_progress_alone(tmp_path):
    variables = {"XDG_CACHE_HOME": tmp_path / "cache"}
    for out in ("one", "other"):
        done = run_process([*MODULE, *TINY, "--out", out], cwd=tmp_path, variables=variables)
        assert done.returncode == 0
        for line in done.stderr.splitlines():
            assert re.fullmatch(PROGRESS, line), done.stderr
    assert list((tmp_path / "cache" / "gmbench" / "compiled").iterdir())


@pytest.fixture
def processor(monkeypatch, tmp_path):
    """A function that replaces the description of the processors of this machine."""
    monkeypatch.setattr(program_cache, "CPUINFO", tmp_path / "cpuinfo")
    return (tmp_path / "cpuinfo").write_text


def test_machines_with_different_processors_share_no_programs(processor):
    described = []
    for maker, flags in (
        ("AuthenticAMD", "avx2"),
        ("AuthenticAMD", "avx2 avx512f"),
        ("GenuineIntel", "avx2"),
    ):
        for speed in (1000, 2000):
            blocks = [
                f"processor : {n}\nvendor_id : {maker}\ncpu MHz : {speed}\nflags : {flags}" for n in (0, 1)
            ]
            processor("\n\n".join(blocks))
            described.append((describe_processor(), cache_folder()))
    assert described[::2] == described[1::2], "the clock makes no difference"
    assert len(set(described)) == 3
    assert len({folder for _, folder in described}) == 3


def test_a_system_that_does_not_describe_its_processors_has_a_cache_too(processor):
    assert describe_processor()
    assert cache_folder().parent.name == "compiled"


def test_a_folder_that_cannot_be_written_turns_the_cache_off(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "file"))
    assert cache_variable() == ""
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_variable() == ""
    for kept in ("", "gs://bucket/programs", str(tmp_path / "new")):
        monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", kept)
        assert cache_variable() == kept


def test_a_picture_is_not_drawn_over_an_existing_one(tmp_path, capfd):
    run_command("show", TASK, "--out", tmp_path / "levels.png")
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == (f"wrote {tmp_path / 'levels.png'}\n", "")
    before = (tmp_path / "levels.png").read_bytes()
    assert "is there already" in refusal(capfd, "show", TASK, "--out", tmp_path / "levels.png")
    assert (tmp_path / "levels.png").read_bytes() == before


def test_scores_are_printed_again(tiny_run, capfd):
    run_command("score", tiny_run)
    first = capfd.readouterr()
    run_command("score", tiny_run)
    assert capfd.readouterr() == first
    assert first.err == ""


def test_a_directory_in_use_is_refused_in_one_sentence(tiny_run, capfd):
    words = [str(word) for word in (*TINY, "--out", tiny_run)]
    assert main(words) == 2
    message = capfd.readouterr().err.splitlines()[-1]
    assert "is not empty and nothing in it is overwritten" in message
    assert "so there is nothing to merge" in refusal(capfd, "merge", tiny_run, "--out", tiny_run)


def test_the_environment_of_a_test_has_none_of_the_variables_of_this_process():
    assert "XLA_FLAGS" not in environment()
