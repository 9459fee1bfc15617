"""The command ``gmbench list``."""

import json
import subprocess
import sys

from tests.commands import run_command


def test_list_names_tasks_suites_and_algorithms(capsys):
    run_command("list", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert listed["tasks"]["coinrun-v1"]["goal"] == "take the coin"
    assert listed["algorithms"] == ["ppo", "ppo-rnn"]
    assert listed["suites"]["full-v1"]["tasks"] == list(listed["tasks"])
    run_command("list")
    printed = capsys.readouterr().out
    assert "coinrun-v1" in printed
    assert "core-v1" in printed


def test_list_does_not_import_jax():
    code = "import sys; from gmbench.cli.main import main; main(['list']); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
