"""An algorithm of one's own, named as module:factory, is found in the current folder, or refused clearly."""

import pytest

from tests.processes import MODULE, SCRIPT, run_process

FAULTS = {
    "no_such_module:make": "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'",
    "mine:maker": "mine has no 'maker'; did you mean make?",
    "mine:number": "is not a function of (env, steps)",
    "mine:": "no algorithm 'mine:'",
    "mine.make": "your own is named as package.module:factory",
    "syntax:make": "SyntaxError: '(' was never closed (syntax.py, line 1)",
    "needs:make": "ModuleNotFoundError: No module named 'not_installed' (needs.py, line 2)",
    "fails:make": "RuntimeError: two lines (fails.py, line 3)",
    "leaves:make": "SystemExit: 3 (leaves.py, line 1)",
}


@pytest.fixture
def folder(tmp_path):
    """A folder with modules of one's own, one of which has the name of an installed package."""
    modules = {
        "mine": "number = 1\ndef make(env, steps):\n    raise ValueError('reached', steps)\n",
        "syntax": "def make(\n",
        "needs": "\nimport not_installed\n",
        "fails": "\n\nraise RuntimeError('two\\nlines')\n",
        "leaves": "raise SystemExit(3)\n",
        "gymnax": "raise RuntimeError('this folder comes first')\n",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def refused(command, algorithm, folder):
    """Runs a command that is refused, and returns its sentence."""
    words = ["run", "ascent-v1", "--algorithm", algorithm, "--out", "new"]
    done = run_process([*command, *words], cwd=folder, variables={"PYTHONSAFEPATH": "1"})
    assert done.returncode == 2
    assert not (folder / "new").exists()
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", [SCRIPT, MODULE], ids=["script", "module"])
def test_a_module_in_the_current_folder_is_found(command, folder):
    assert "cannot be made: ('reached'" in refused(command, "mine:make", folder)


@pytest.mark.parametrize(("algorithm", "words"), FAULTS.items())
def test_what_is_wrong_with_a_module_is_said_in_one_sentence(algorithm, words, folder, monkeypatch, capsys):
    from gmbench.cli.main import main

    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder / "nowhere"))  # Restores the path and the modules at the end.
    assert main(["run", "ascent-v1", "--algorithm", algorithm, "--out", "new"]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("gmbench: ")
    assert words in message
    assert not (folder / "new").exists()
