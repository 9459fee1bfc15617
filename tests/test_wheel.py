"""The wheel: what is installed works outside the repository, and nothing writes where it is installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from tests.processes import ROOT, environment
from tests.tiny_runs import TASK

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The path of the wheel, built from the repository. pip downloads what builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT]
    subprocess.run([str(word) for word in command], check=True)
    (path,) = folder.glob("gmbench-*.whl")
    return path


def test_the_wheel_holds_the_packs_and_the_marker_of_types(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "gmbench/py.typed" in names
    assert {
        f"gmbench/benchmarks/data/{task}/{name}" for task in TASKS for name in load_task(task).files
    } <= names
    assert not [name for name in names if not name.startswith(("gmbench/", "gmbench-"))]


def test_the_wheel_runs_from_another_folder_and_writes_nothing_beside_itself(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    variables = environment(PYTHONPATH=site, PYTHONDONTWRITEBYTECODE=1)
    command = [sys.executable, "-m", "gmbench"]
    words = ["run", TASK, "--seeds", "2", "--steps", "4096", "--levels", "64", "--out", "out"]
    for arguments in (["list"], words, ["score", "out"], ["show", TASK, "--out", "a.png"]):
        subprocess.run([*command, *arguments], cwd=tmp_path, env=variables, check=True, capture_output=True)
    program = "import gmbench; print(gmbench.__file__)"
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, cwd=tmp_path, env=variables, check=True, capture_output=True, text=True)
    assert Path(found.stdout.strip()).is_relative_to(site)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
