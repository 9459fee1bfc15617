"""What a command inherits from its caller does not stop it, and makes no noise."""

import pytest

from tests.processes import MODULE, run_process

INHERITED = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # That of a notebook, which is not installed.
    **dict.fromkeys(("MPLCONFIGDIR", "XDG_CACHE_HOME", "HOME", "JAX_COMPILATION_CACHE_DIR"), "file"),
    "PYTHONIOENCODING": "ascii",
    "LC_ALL": "C",
    "TERM": "dumb",
    "COLUMNS": "10",
    "PYTHONDEVMODE": "1",
}
"""Variables with which a command works all the same; the file cannot be used as a folder."""


@pytest.mark.parametrize("name", INHERITED)
def test_one_variable_does_not_stop_a_command(name, tmp_path):
    (tmp_path / "file").touch()
    done = run_process([*MODULE, "list"], cwd=tmp_path, variables={name: INHERITED[name]})
    assert (done.returncode, done.stderr) == (0, "")


def test_all_of_them_together_do_not_stop_a_command(tmp_path, tiny_run):
    (tmp_path / "file").touch()
    done = run_process([*MODULE, "score", tiny_run], cwd=tmp_path, variables=INHERITED)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_backend_of_a_notebook_does_not_stop_a_command_of_a_study(tmp_path):
    """Such a command imports matplotlib before anything of its own."""
    command = [*MODULE[:2], "gmbench.cli.competence", "--help"]
    done = run_process(command, cwd=tmp_path, variables={"MPLBACKEND": INHERITED["MPLBACKEND"]})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_they_do_not_stop_a_run(tmp_path):
    (tmp_path / "file").touch()
    words = ["run", "ascent-v1", "--seeds", "2", "--steps", "4096", "--levels", "64", "--out", "out"]
    done = run_process([*MODULE, *words], cwd=tmp_path, variables=INHERITED)
    assert done.returncode == 0
    assert "Warning" not in done.stderr
    assert (tmp_path / "out" / "figures" / "learning_curves.pdf").exists()
