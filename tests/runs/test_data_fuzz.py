"""Fuzz of stored directories: whatever their files hold, a command ends with 0 or with one sentence and 2."""

import contextlib
import io
import json
import resource
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmbench.cli.main import main
from gmbench.errors import Interrupted
from gmbench.runs.storage.atomic import DIGESTS
from gmbench.runs.storage.files import write_sealed
from tests.stored import seal_directory, seal_results
from tests.tiny_runs import SUITE_COMMAND

COMPUTING = 130
"""Exit status of a command that gets as far as computing, where these tests stop it."""
ALL_DIVERGED = 3
OPTIONS = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}

numbers = st.one_of(
    st.integers(-2, 5),
    st.sampled_from([10**6, 10**9, 2**31, 2**63, 10**18, 10**30, -(10**30)]),
    st.floats(allow_nan=False, allow_infinity=False),
)
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["../outside", "/tmp/outside", "json:dumps", "ppo-rnn", "complete", "partial", "running", "quick"]
    ),
)
deep = st.integers(40, 60).map(lambda depth: json.loads("[" * depth + "]" * depth))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, deep),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def folder(tiny_suite, tiny_sweep, tiny_parts, stopped_run, tmp_path_factory):
    """A directory with one directory of each kind, without figures."""
    folder = tmp_path_factory.mktemp("fuzz")
    found = {"suite": tiny_suite, "sweep": tiny_sweep, "parts": tiny_parts, "stopped": stopped_run}
    for kind, stored in found.items():
        shutil.copytree(stored, folder / kind, ignore=shutil.ignore_patterns("figures"))
    (folder / "outside").mkdir()
    (folder / "outside" / "mine.txt").write_text("mine")
    return folder


@pytest.fixture(scope="module")
def nothing_is_computed():
    """Stops commands where they would begin to train, or to play agents; figures are not drawn."""

    def stop(*_, **__):
        raise Interrupted("computing begins")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gmbench.runs.run.run_group", stop)
        patch.setattr("gmbench.runs.sweep.run_group", stop)
        patch.setattr("gmbench.runs.suite.check_provenance", stop)
        patch.setattr("gmbench.runs.sweep.check_provenance", stop)
        patch.setattr("gmbench.studies.calibration.calibrate", lambda *_: [])
        patch.setattr("gmbench.studies.calibration._agent_rows", lambda *_: [])
        for name in ("save_figures", "save_showcase", "save_suite_figures", "save_sweep_figures"):
            patch.setattr(f"gmbench.reports.drawing.{name}", lambda *_: None)
        yield


COMMANDS = {
    "suite": [
        lambda out: ["score", out / "coinrun-v1"],
        lambda out: ["calibrate", "coinrun-v1", "--run", out / "coinrun-v1"],
        lambda out: ["score", out],
        lambda out: ["run", "--resume", out],
        lambda out: [*SUITE_COMMAND, "--out", out],
    ],
    "sweep": [lambda out: ["score", out], lambda out: ["run", "--resume", out]],
    "parts": [lambda out: ["merge", out / "1", out / "2", "--out", out / "whole"]],
    "stopped": [lambda out: ["run", "--resume", out], lambda out: ["score", out]],
}


def places(content, path=()):
    """The places of all values within a JSON value, as tuples of keys and indices."""
    yield path
    if isinstance(content, dict | list):
        for key, inner in content.items() if isinstance(content, dict) else enumerate(content):
            yield from places(inner, (*path, key))


def change_json(path, data):
    """Changes one value of a JSON file, and writes it with or without a digest that fits."""
    content = json.loads(path.read_text())
    content.pop("digest", None)
    place = data.draw(st.sampled_from(list(places(content))[1:]), label="place")
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    change = data.draw(st.sampled_from(["replace", "remove", "add"]), label="change")
    if change == "remove":
        del inner[place[-1]]
    elif change == "add" and isinstance(inner, dict):
        inner[data.draw(texts, label="key")] = data.draw(values, label="value")
    else:
        inner[place[-1]] = data.draw(values, label="value")
    if data.draw(st.sampled_from([True, True, True, False]), label="sealed"):
        write_sealed(path, content)
    else:
        path.write_text(json.dumps(content))


def change_bytes(path, data):
    """Changes bytes of a file, and writes digests that fit."""
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content)), label="at")
    match data.draw(st.sampled_from(["overwrite", "insert", "cut", "end"]), label="change"):
        case "overwrite":
            new = data.draw(st.binary(min_size=1, max_size=8), label="bytes")
            content[at : at + len(new)] = new
        case "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=8), label="bytes")
        case "cut":
            del content[at : at + data.draw(st.integers(1, 64), label="count")]
        case "end":
            del content[at:]
    path.write_bytes(content)
    for folder in path.parents[:4]:
        if (folder / DIGESTS).exists():
            with contextlib.suppress(Exception):
                seal_directory(folder)
        if (folder / "manifest.json").exists():
            with contextlib.suppress(Exception):
                seal_results(folder)


def run(words):
    """Runs a command: its exit status and what it prints on stderr."""
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        status = main([str(word) for word in words])
    return status, errors.getvalue()


def check_one(folder, data):
    """Changes a file of a directory, runs a command there, and checks how it ends."""
    kind = data.draw(st.sampled_from(sorted(COMMANDS)), label="kind")
    out = folder / "work" / kind
    shutil.rmtree(folder / "work", ignore_errors=True)
    shutil.copytree(folder / kind, out)
    if kind in ("suite", "sweep") and data.draw(st.booleans(), label="interrupted"):
        path = out / f"{kind}.json"
        content = json.loads(path.read_text())
        del content["digest"]
        write_sealed(path, {**content, "status": "running"})
    files = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    jsons = [file for file in files if file.name in ("manifest.json", "suite.json", "sweep.json")]
    chosen = jsons if data.draw(st.booleans(), label="a manifest") else files
    path = out / data.draw(st.sampled_from(chosen), label="file")
    if path.suffix == ".json" and path.name != DIGESTS and data.draw(st.booleans(), label="as JSON"):
        change_json(path, data)
    else:
        change_bytes(path, data)
    words = data.draw(st.sampled_from(COMMANDS[kind]), label="command")(out)
    before = {path for path in folder.rglob("*") if "work" not in path.parts}
    status, errors = run(words)
    assert status in (0, 2, ALL_DIVERGED, COMPUTING), errors
    lines = [line for line in errors.splitlines() if line.startswith("gmbench: ")]
    assert "Traceback" not in errors
    assert len(lines) == (status != 0), errors
    assert {path for path in folder.rglob("*") if "work" not in path.parts} == before
    assert (folder / "outside" / "mine.txt").read_text() == "mine"
    assert not Path("/tmp/outside").exists()


@pytest.mark.timeout(900)
@settings(max_examples=50, derandomize=True, **OPTIONS)
@given(data=st.data())
def test_a_changed_file_ends_a_command_with_a_sentence(folder, nothing_is_computed, data):
    check_one(folder, data)


@pytest.mark.slow
@pytest.mark.timeout(0)
@settings(max_examples=3000, **OPTIONS)
@given(data=st.data())
def test_many_changed_files_end_commands_with_a_sentence_in_little_memory(folder, nothing_is_computed, data):
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (3 << 30), hard))
    try:
        check_one(folder, data)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
