"""Merging: all parts of a run give the whole run; parts that do not belong together are refused."""

import shutil

import pytest

import gmbench
from gmbench.errors import UsageError
from gmbench.runs.storage import manifests
from gmbench.runs.storage.reading import read_run
from gmbench.runs.storage.shards import SHARDS
from tests.commands import refusal, run_command
from tests.stored import change_sealed
from tests.tiny_runs import BLOCKS_COMMAND, TABLES, TASK, assert_same_results

pytestmark = pytest.mark.usefixtures("without_figures")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The directories of the three parts of a run."""
    folder = tmp_path_factory.mktemp("parts")
    for part in (1, 2, 3):
        run_command(*BLOCKS_COMMAND, "--part", f"{part}/3", "--out", folder / str(part))
    return [folder / str(part) for part in (1, 2, 3)]


@pytest.fixture
def changed_part(parts, tmp_path):
    """A copy of the third part, which a test may change."""
    return shutil.copytree(parts[2], tmp_path / "3")


def change_manifest(folder, **changes):
    change_sealed(folder / manifests.MANIFEST, **changes)


def test_merged_parts_equal_the_whole_run(whole, parts, tmp_path):
    out = tmp_path / "merged"
    first, second, third = parts
    run_command("merge", third, first, second, "--out", out)
    assert_same_results(whole, out)
    expected, merged = (read_run(folder).manifest for folder in (whole, out))
    for name in expected.keys() - {"seconds", manifests.STORED}:
        assert merged[name] == expected[name]
    for name in TABLES:
        assert merged[manifests.STORED][name] == expected[manifests.STORED][name]
    run_command("score", out)


def test_a_missing_repeated_or_wrong_part_is_named(whole, parts, tmp_path, capsys):
    first, second, third = parts
    out = tmp_path / "out"
    for given, message in (
        ([first, third], "parts are missing: 2/3"),
        ([first, second, second], "are both part 2 of 3"),
        ([first, whole, third], f"{whole} holds all seeds of a run"),
        ([first, tmp_path / "none"], "there is no directory"),
    ):
        assert message in refusal(capsys, "merge", *given, "--out", out)
    assert not out.exists()
    assert "is not empty" in refusal(capsys, "merge", *parts, "--out", whole)


def test_a_part_is_not_used_as_a_whole_run(parts, capsys):
    for command in (
        ["score", parts[0]],
        ["calibrate", TASK, "--run", parts[0]],
        ["run", "--resume", parts[0]],
    ):
        assert "combine the parts with gmbench merge" in refusal(capsys, *command)


@pytest.mark.parametrize(
    ("name", "value"),
    [("alpha", 0.5), ("versions", {"gmbench": "0"}), ("part", [2, 2]), ("training_levels", "0")],
)
def test_parts_of_different_runs_are_not_merged(name, value, parts, changed_part, tmp_path, capsys):
    change_manifest(changed_part, **{name: value})
    message = refusal(capsys, "merge", parts[0], parts[1], changed_part, "--out", tmp_path / "out")
    assert "are not parts of the same run" in message
    assert ("number of parts" if name == "part" else name) in message


def test_a_part_that_is_not_complete_or_lacks_seeds_is_named(parts, changed_part, tmp_path, capsys):
    shutil.rmtree(next((changed_part / SHARDS).iterdir()))
    with pytest.raises(UsageError, match="has not all of its seeds"):
        gmbench.merge([parts[0], parts[1], changed_part], tmp_path / "out")
    change_manifest(changed_part, status="running")
    message = refusal(capsys, "merge", parts[0], parts[1], changed_part, "--out", tmp_path / "out2")
    assert f"resume it with gmbench run --resume {changed_part}" in message
