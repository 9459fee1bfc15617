"""The directory of a run, suite or sweep may come from somebody else: every command treats it as data."""

import json
import os
import shutil
import sys

import pyarrow.parquet as pq
import pytest

import gmbench
from gmbench.errors import UsageError
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.storage.manifests import MANIFEST, SUITE, SWEEP
from gmbench.runs.storage.results import CURVES, EPISODES, GOALS
from gmbench.runs.storage.shards import SHARDS
from tests.commands import refusal, run_command
from tests.stored import change_plainly, change_sealed, seal_results
from tests.tiny_runs import SUITE_COMMAND

pytestmark = pytest.mark.usefixtures("without_figures")
PAYLOAD = "payload:make"
"""The algorithm that a hostile directory names. Its module writes a file when it is imported."""
CONDITION = "alpha-1_levels-64"


@pytest.fixture
def payload(tmp_path, monkeypatch):
    """The file that shows that code was run which a directory names."""
    mark, folder = tmp_path / "was-imported", tmp_path / "modules"
    folder.mkdir()
    (folder / "payload.py").write_text(
        f"open({str(mark)!r}, 'w')\ndef make(env, steps): raise ValueError('made')\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    yield mark
    sys.modules.pop("payload", None)


@pytest.fixture
def copies(tiny_suite, tiny_sweep, tiny_parts, stopped_run, tmp_path):
    """Copies of one directory of each kind, by kind: a test may change them."""
    found = {
        "run": tiny_suite / TASK_OF_SUITE,
        "suite": tiny_suite,
        "sweep": tiny_sweep,
        "parts": tiny_parts,
        "stopped": stopped_run,
    }
    return {kind: shutil.copytree(folder, tmp_path / "got" / kind) for kind, folder in found.items()}


TASK_OF_SUITE = "coinrun-v1"
MANIFESTS = {
    "run": [MANIFEST],
    "suite": [SUITE, f"{TASK_OF_SUITE}/{MANIFEST}", f"keys-v1/{MANIFEST}"],
    "sweep": [SWEEP, f"alpha-0_levels-64/{MANIFEST}", f"{CONDITION}/{MANIFEST}"],
    "parts": [f"1/{MANIFEST}", f"2/{MANIFEST}"],
    "stopped": [MANIFEST],
}
"""The manifests in each kind of directory."""
COMMANDS = {
    "score a run": ("run", lambda out: ["score", out]),
    "calibrate a run": ("run", lambda out: ["calibrate", TASK_OF_SUITE, "--run", out]),
    "resume a run": ("stopped", lambda out: ["run", "--resume", out]),
    "score a suite": ("suite", lambda out: ["score", out]),
    "repeat a suite": ("suite", lambda out: [*SUITE_COMMAND, "--out", out]),
    "resume a suite": ("suite", lambda out: ["run", "--resume", out]),
    "score a sweep": ("sweep", lambda out: ["score", out]),
    "resume a sweep": ("sweep", lambda out: ["run", "--resume", out]),
    "merge parts": ("parts", lambda out: ["merge", out / "1", out / "2", "--out", out / "whole"]),
}
"""Every command that reads a directory: the kind of directory, and the words."""
every_command = pytest.mark.parametrize("name", COMMANDS)


def command_on(name, copies):
    """The words of a command, and the directory that it reads, made ready for it."""
    kind, words = COMMANDS[name]
    out = copies[kind]
    if name in ("resume a suite", "resume a sweep"):
        change_sealed(out / MANIFESTS[kind][0], status="running")
    return words(out), out


def snapshot(folder):
    """The content of all files in a directory, and where links lead."""
    return {
        path: path.readlink() if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


# Code.


def name_payload(copies, algorithm=PAYLOAD):
    """Makes all directories name an algorithm of somebody else."""
    for kind, names in MANIFESTS.items():
        for name in names:
            path = copies[kind] / name
            content = json.loads(path.read_text())
            settings = {
                part: {**own, "algorithm": algorithm} for part, own in content.get("settings", {}).items()
            }
            change_sealed(path, **({"settings": settings} if settings else {"algorithm": algorithm}))


@every_command
def test_no_command_imports_what_a_directory_names(name, copies, payload, capsys):
    words, _out = command_on(name, copies)
    name_payload(copies)
    if name.startswith("score"):
        run_command(*words)  # Scores follow from the tables alone.
    else:
        message = refusal(capsys, *words)
        assert PAYLOAD in message
        if name != "repeat a suite":
            assert f"allow it with --algorithm {PAYLOAD}" in message
    assert not payload.exists()
    assert "payload" not in sys.modules


@pytest.mark.parametrize(
    "name", ["calibrate a run", "resume a run", "resume a suite", "resume a sweep", "merge parts"]
)
def test_the_algorithm_that_the_user_names_is_imported(name, copies, payload, capsys):
    words, out = command_on(name, copies)
    name_payload(copies)
    if name == "resume a suite":
        shutil.rmtree(out / TASK_OF_SUITE)
    if name == "resume a sweep":
        (out / CONDITION / MANIFEST).unlink()
    assert f"of the algorithm '{PAYLOAD}', and not of 'other:make'" in refusal(
        capsys, *words, "--algorithm", "other:make"
    )
    assert not payload.exists()
    assert f"the algorithm '{PAYLOAD}' cannot be made: made" in refusal(
        capsys, *words, "--algorithm", PAYLOAD
    )
    assert payload.exists()


def test_another_algorithm_than_the_stored_one_is_refused(copies, capsys):
    message = refusal(capsys, "run", "--resume", copies["stopped"], "--algorithm", "ppo-rnn")
    assert "is of the algorithm 'ppo', and not of 'ppo-rnn'" in message


def test_python_functions_import_nothing_that_a_directory_names(copies, payload):
    name_payload(copies)
    change_sealed(copies["sweep"] / SWEEP, status="running")
    change_sealed(copies["suite"] / SUITE, status="running")
    parts = [copies["parts"] / "1", copies["parts"] / "2"]
    for call in (
        lambda: gmbench.resume(copies["stopped"]),
        lambda: gmbench.resume(copies["suite"]),
        lambda: gmbench.resume(copies["sweep"]),
        lambda: gmbench.merge(parts, copies["parts"] / "whole"),
    ):
        with pytest.raises(UsageError, match="algorithm='payload:make' in Python"):
            call()
    assert not payload.exists()
    with pytest.raises(UsageError, match="cannot be made: made"):
        gmbench.merge(parts, copies["parts"] / "whole", algorithm=PAYLOAD)
    assert payload.exists()


# Paths.


@pytest.mark.parametrize("victim", ["../../victim", "ABSOLUTE", ".", "alpha-1_levels-64/../../../victim"])
@pytest.mark.parametrize(
    "name", ["score a suite", "repeat a suite", "resume a suite", "score a sweep", "resume a sweep"]
)
def test_names_of_tasks_and_conditions_are_no_paths(name, victim, copies, tmp_path, capsys):
    folder = shutil.copytree(copies["run"], tmp_path / "victim")
    words, out = command_on(name, copies)
    path = out / MANIFESTS[COMMANDS[name][0]][0]
    settings = json.loads(path.read_text())["settings"]
    named = str(folder) if victim == "ABSOLUTE" else victim
    change_sealed(path, settings={**settings, named: next(iter(settings.values()))})
    before = snapshot(tmp_path)
    assert path.name in (message := refusal(capsys, *words)) or "was started with the tasks" in message
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("task", ["../victim", "/etc", "nothing-v1", 3, None, ["coinrun-v1"]])
@every_command
def test_tasks_are_those_of_the_registry(name, task, copies, capsys):
    words, out = command_on(name, copies)
    for manifest in MANIFESTS[COMMANDS[name][0]]:
        change_sealed(out / manifest, **({"suite": task} if manifest == SUITE else {"task": task}))
    message = refusal(capsys, *words)
    assert "it must be repeated" in message or "the run must be repeated" in message


LINKS = {
    "run": [".lock", "scores.json.part", "figures", "checkpoint", "manifest.json.part"],
    "suite": [".lock", "suite.json.part", "figures.part", "new", f"{TASK_OF_SUITE}/scores.json.part"],
    "sweep": [".lock", "sweep.parquet.part", "training", f"{CONDITION}/seeds", f"{CONDITION}/checkpoint"],
    "stopped": [".lock", "seeds", "training.part", "episodes.parquet.part", "checkpoint"],
}


@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.startswith(("calibrate", "merge"))])
def test_links_that_lead_out_are_refused_and_nothing_outside_is_written(name, copies, tmp_path, capsys):
    words, out = command_on(name, copies)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    for link in LINKS[COMMANDS[name][0]]:
        target = outside if "part" not in link and "lock" not in link else outside / "mine.txt"
        path = out / link
        kept = path.rename(path.with_name("kept")) if path.exists() else None
        path.symlink_to(target)
        assert f"{path} is a link that leads out of" in refusal(capsys, *words), link
        path.unlink()
        if kept is not None:
            kept.rename(path)
    assert [path.name for path in outside.iterdir()] == ["mine.txt"]
    assert (outside / "mine.txt").read_text() == "mine"


def test_a_link_within_the_directory_and_a_link_to_it_are_allowed(copies, tmp_path):
    (copies["run"] / "more.json").symlink_to(copies["run"] / "scores.json")
    (tmp_path / "link").symlink_to(copies["run"])
    run_command("score", tmp_path / "link")


@pytest.mark.parametrize("name", ["score a run", "resume a run"])
def test_a_pipe_in_a_directory_does_not_hold_a_command_up(name, copies, capsys):
    words, out = command_on(name, copies)
    (out / MANIFEST).unlink()
    os.mkfifo(out / MANIFEST)
    refusal(capsys, *words)


# Changes of a stored run.


@pytest.mark.parametrize(
    ("name", "manifest", "changes"),
    [
        ("resume a run", MANIFEST, {"steps": 8192}),
        ("score a run", MANIFEST, {"alpha": 1.0}),
        ("calibrate a run", MANIFEST, {"diverged": [0]}),
        ("score a suite", SUITE, {"status": "running"}),
        ("repeat a suite", f"{TASK_OF_SUITE}/{MANIFEST}", {"levels": 65}),
        ("resume a sweep", SWEEP, {"task": "gem-v1"}),
        ("score a sweep", f"{CONDITION}/{MANIFEST}", {"versions": {}}),
        ("merge parts", f"2/{MANIFEST}", {"steps": 1}),
    ],
)
def test_a_manifest_that_was_edited_is_refused(name, manifest, changes, copies, capsys):
    words, out = command_on(name, copies)
    change_plainly(out / manifest, **changes)
    message = refusal(capsys, *words)
    assert f"{out / manifest} was changed after the run wrote it" in message
    assert "restore it, or repeat the run" in message


@pytest.mark.parametrize("content", [None, "", "{", '{"shares": {"goal": 1}}', "[" * 100_000, "\0"])
def test_score_writes_missing_and_damaged_scores_again(content, copies):
    out = copies["run"]
    before = (out / "scores.json").read_text()
    (out / "scores.json").unlink()
    if content is not None:
        (out / "scores.json").write_text(content)
    run_command("score", out)
    assert (out / "scores.json").read_text() == before


@pytest.mark.parametrize("forged", [False, True], ids=["plain", "forged"])
@pytest.mark.parametrize("table", [EPISODES, GOALS, CURVES])
def test_rows_that_are_missing_are_damage_and_no_behaviour(table, forged, copies, capsys):
    out = copies["run"]
    rows = pq.read_table(out / table).to_pydict()
    if table == CURVES:
        kept = [row for row, update in enumerate(rows["update"]) if (rows["seed"][row], update) != (1, 2)]
    else:
        kept = [row for row, pack in enumerate(rows["pack"]) if (rows["seed"][row], pack) != (1, "shift")]
    pq.write_table(pq.read_table(out / table).take(kept), out / table)
    if forged:
        seal_results(out)
    message = refusal(capsys, "score", out)
    assert "damaged" in message
    assert "repeat" in message
    assert (out / table).exists()


def test_a_checkpoint_that_was_changed_is_refused(copies, capsys):
    out = copies["run"]
    files = [path for path in (out / "checkpoint").rglob("*") if path.is_file()]
    largest = max(files, key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    words = ["calibrate", TASK_OF_SUITE, "--run", out]
    assert "checkpoint is missing or damaged" in refusal(capsys, *words)
    with largest.open("ab") as file:
        file.truncate(1 << 40)  # It takes no room on the disk.
    assert "checkpoint is missing or damaged" in refusal(capsys, *words)


def test_a_run_in_the_place_of_another_is_refused(copies, capsys):
    suite, sweep = copies["suite"], copies["sweep"]
    shutil.rmtree(suite / "keys-v1")
    shutil.copytree(copies["run"], suite / "keys-v1")
    for words in (["score", suite], [*SUITE_COMMAND, "--out", suite]):
        assert f"{suite / 'keys-v1'} holds a run with other task" in refusal(capsys, *words)
    shutil.rmtree(sweep / CONDITION)
    shutil.copytree(sweep / "alpha-0_levels-64", sweep / CONDITION)
    assert "holds a run with other alpha" in refusal(capsys, "score", sweep)
    change_sealed(sweep / SWEEP, status="running")
    assert "holds a run with other alpha" in refusal(capsys, "run", "--resume", sweep)


def test_a_suite_and_a_sweep_go_on_only_with_the_same_versions_and_levels(copies, capsys):
    suite, sweep = copies["suite"], copies["sweep"]
    shutil.rmtree(suite / "keys-v1")
    (sweep / CONDITION / MANIFEST).unlink()
    change_sealed(sweep / SWEEP, status="running")
    for changes in ({"versions": {"gmbench": "0"}}, {"training_levels": "0"}):
        change_sealed(suite / TASK_OF_SUITE / MANIFEST, **changes)
        change_sealed(sweep / "alpha-0_levels-64" / MANIFEST, **changes)
        words = f"was started with other {next(iter(changes))}"
        assert words in refusal(capsys, *SUITE_COMMAND, "--out", suite)
        assert words in refusal(capsys, "run", "--resume", sweep)
        shutil.copyfile(copies["run"] / MANIFEST, suite / TASK_OF_SUITE / MANIFEST)
    assert not (suite / "keys-v1").exists()


def test_shards_that_overlap_are_refused_before_training(copies, tiny_parts, capsys):
    out, stages = copies["stopped"], []
    shutil.copytree(tiny_parts / "1" / SHARDS, out / SHARDS)
    with pytest.raises(UsageError, match=r"000000-000000 is not what the run in .* writes there; remove it"):
        gmbench.resume(out, callbacks=Callbacks(stage=stages.append))
    assert "training" not in stages


def test_a_shard_of_other_seeds_is_damage(copies, capsys):
    part = copies["parts"] / "2"
    (part / SHARDS / "000001-000001").rename(part / SHARDS / "000000-000000")
    assert "is damaged; remove it" in refusal(
        capsys, "merge", copies["parts"] / "1", part, "--out", part / "whole"
    )


# Texts.


@pytest.mark.parametrize(
    "algorithm", ["\x1b[31mred:make", "[red]ppo[/red]", "a\nb:make", "a" * 5000, "$x^$:f", "\ud800"]
)
@every_command
def test_names_in_a_directory_do_not_reach_the_terminal_as_they_are(name, algorithm, copies, capsys):
    words, _ = command_on(name, copies)
    name_payload(copies, algorithm)
    message = refusal(capsys, *words)
    assert len(message) < 1000
    assert message.isprintable()


# Settings.


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": 10**9},
        {"seeds": True},
        {"seeds": 2.0},
        {"levels": 10**12},
        {"steps": "4096"},
        {"steps": 10**30},
        {"alpha": "0"},
        {"alpha": 2},
        {"block": 0},
        {"block": 10**20},
        {"part": [1, 10**30]},
        {"part": 1},
        {"part": [1, 2, 3]},
        {"budget": None},
        {"algorithm": ["ppo"]},
    ],
    ids=str,
)
def test_settings_from_a_file_are_checked_and_bounded(changes, copies, capsys):
    out = copies["stopped"]
    change_sealed(out / MANIFEST, **changes)
    assert f"{out / MANIFEST} is damaged" in refusal(capsys, "run", "--resume", out)
    first, second = (copies["parts"] / number for number in "12")
    change_sealed(first / MANIFEST, **changes)
    assert "is damaged" in refusal(capsys, "merge", first, second, "--out", copies["parts"] / "whole")
