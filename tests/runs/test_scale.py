"""Scale: blocks, devices, parts and processes, none of which makes a difference to the numbers."""

import json
import os
import shutil
import socket
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import pytest

import gmbench
from gmbench.runs import memory_planning as fitting
from gmbench.runs.storage import training_checkpoints as keeping, shards as pieces, results
from gmbench.agents.ppo import PPO
from gmbench.runs.sharding import Spread
from gmbench.runs.training import Programs
from gmbench.benchmarks.registry import load_task
from gmbench.cli.main import main
from gmbench.errors import Interrupted, UsageError
from gmbench.runs.memory_planning import Plan, plan_training
from gmbench.runs.merge import merge
from gmbench.runs.run import run
from gmbench.runs.callbacks import Watch
from tests.commands import refusal

pytestmark = pytest.mark.usefixtures("without_pictures")
TASK, TABLES = "ascent-v1", ("episodes.parquet", "goal_inference.parquet", "curves.parquet")
TINY = {"seeds": 5, "block": 2, "steps": 6_000, "levels": 64}
COMMAND = ["run", TASK, *(word for name, value in TINY.items() for word in (f"--{name}", str(value)))]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, without_pictures):
    """The directory of a run of all seeds on one device."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    assert main([*COMMAND, "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The directories of its three parts."""
    folder = tmp_path_factory.mktemp("parts")
    for part in (1, 2, 3):
        assert main([*COMMAND, "--part", f"{part}/3", "--out", str(folder / str(part))]) == 0
    return [folder / str(part) for part in (1, 2, 3)]


def assert_same(one, other, tables=TABLES):
    for name in tables:
        assert pq.read_table(one / name).equals(pq.read_table(other / name)), name
    assert (one / "scores.json").read_text() == (other / "scores.json").read_text()


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "gmbench", *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_eight_devices_bring_the_same_as_one(whole, tmp_path):
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=8"
    process = start(*COMMAND, "--out", tmp_path / "run", XLA_FLAGS=flags)
    assert process.wait() == 0, process.communicate()[1]
    assert len(json.loads((tmp_path / "run" / "manifest.json").read_text())["devices"]) == 8
    if jax.__version_info__ < (0, 10):
        assert_same(whole, tmp_path / "run")
        return
    # Later ones compile an update otherwise for several devices: losses differ in the last digits.
    assert_same(whole, tmp_path / "run", TABLES[:2])
    one, other = (pq.read_table(folder / TABLES[2]).to_pydict() for folder in (whole, tmp_path / "run"))
    for name, values in one.items():
        np.testing.assert_allclose(other[name], values, rtol=1e-3, atol=1e-5, err_msg=name)


def test_two_processes_bring_the_same_as_one(whole, tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        coordinator = f"localhost:{free.getsockname()[1]}"
    joined = ["--distributed", "--coordinator", coordinator, "--processes", 2, "--process"]
    processes = [start(*COMMAND, "--out", tmp_path / "run", *joined, number) for number in range(2)]
    for process in processes:
        told = process.communicate()[1]
        assert process.returncode == 0, told
    assert_same(whole, tmp_path / "run")
    assert not list((tmp_path / "run").glob("part-*"))


def test_parts_put_together_are_the_whole(whole, parts, tmp_path):
    out = tmp_path / "merged"
    first, second, third = parts
    assert main(["merge", str(third), str(first), str(second), "--out", str(out)]) == 0
    assert_same(whole, out)
    kept, merged = (results.read_run(folder).manifest for folder in (whole, out))
    assert {name: merged[name] for name in kept if name != "seconds"} == {
        name: kept[name] for name in kept if name != "seconds"
    }
    assert main(["score", str(out)]) == 0


def test_seeds_come_in_as_many_rounds_as_memory_asks_for(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "COHORT_SEEDS", TINY["block"])
    notes, progress, stages = [], [], []
    watch = Watch(stages.append, lambda done, updates, _: progress.append((done, updates)), note=notes.append)
    run(TASK, out=tmp_path / "run", **TINY, watch=watch)
    assert_same(whole, tmp_path / "run")
    rounds = [f"round {number} of 3 is done" for number in (1, 2, 3)]
    assert notes == ["5 seeds in blocks of 2, 2 at a time: 3 rounds", *rounds]
    assert stages.count("training") == stages.count("evaluating") == 3
    assert [done for done, _ in progress] == list(range(1, progress[0][1] + 1))


def test_seeds_that_are_done_are_not_done_again(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "COHORT_SEEDS", TINY["block"])
    out, stages = tmp_path / "run", []
    watch = Watch(stage=stages.append, stop=lambda: stages.count("evaluating") == 2)
    with pytest.raises(Interrupted):
        run(TASK, out=out, **TINY, watch=watch)
    assert sorted(path.name for path in (out / pieces.PIECES).iterdir()) == ["000000-000001", "000002-000003"]
    # However much memory there is now, seeds are put together as they were.
    monkeypatch.setattr(fitting, "COHORT_SEEDS", 64)
    stages.clear()
    gmbench.resume(out, watch=Watch(stage=stages.append))
    assert stages.count("training") == 1
    assert_same(whole, out)
    assert not (out / pieces.PIECES).exists()


def test_a_damaged_piece_is_named_and_its_seeds_are_run_again(whole, tmp_path, capsys):
    out, stages = tmp_path / "run", []
    watch = Watch(stage=stages.append, stop=lambda: "evaluating" in stages)
    with pytest.raises(Interrupted):
        run(TASK, out=out, **TINY, watch=watch)
    piece = out / pieces.PIECES / "000000-000004"
    table = piece / results.EPISODES
    table.write_bytes(table.read_bytes()[:-9])
    assert f"{piece} is damaged; remove it" in refusal(capsys, "run", "--resume", out)
    shutil.rmtree(piece)
    assert main(["run", "--resume", str(out)]) == 0
    assert_same(whole, out)


def test_a_damaged_plan_is_named(tmp_path, capsys):
    out, done = tmp_path / "run", []
    watch = Watch(progress=lambda *told: done.append(told), stop=lambda: len(done) == 1)
    with pytest.raises(Interrupted):
        run(TASK, out=out, **TINY, watch=watch)
    (out / keeping.TRAINING / keeping.PLAN).write_text('{"each": 1')
    assert "plan.json is damaged; remove" in refusal(capsys, "run", "--resume", out)


def test_parts_that_make_no_whole_are_named(whole, parts, tmp_path, capsys):
    first, second, third = parts
    out = tmp_path / "out"
    for given, message in (
        ([first, third], "parts are wanting: 2/3"),
        ([first, second, second], "are both part 2 of 3"),
        ([first, whole, third], f"{whole} holds all seeds of a run"),
        ([first, tmp_path / "none"], "there is no directory"),
    ):
        assert message in refusal(capsys, "merge", *given, "--out", out)
    assert not out.exists()
    assert "is not empty" in refusal(capsys, "merge", *parts, "--out", whole)
    for command in (["score", first], ["calibrate", TASK, "--run", first]):
        assert "put it together with gmbench merge" in refusal(capsys, *command)
    assert "put it together with gmbench merge" in refusal(capsys, "run", "--resume", first)


@pytest.mark.parametrize(
    ("name", "value"), [("alpha", 0.5), ("versions", {}), ("part", [3, 4]), ("training_levels", "0")]
)
def test_parts_of_different_runs_are_not_put_together(name, value, parts, tmp_path, capsys):
    other = tmp_path / "3"
    shutil.copytree(parts[2], other)
    manifest = json.loads((other / results.MANIFEST).read_text())
    results.write_json(other / results.MANIFEST, {**manifest, name: value})
    message = refusal(capsys, "merge", parts[0], parts[1], other, "--out", tmp_path / "out")
    assert "are not parts of the same run" in message
    assert ("number of parts" if name == "part" else name) in message


def test_a_part_that_was_not_finished_or_has_lost_seeds_is_named(parts, tmp_path, capsys):
    other = tmp_path / "3"
    shutil.copytree(parts[2], other)
    shutil.rmtree(next((other / pieces.PIECES).iterdir()))
    with pytest.raises(UsageError, match="has not all of its seeds"):
        merge([parts[0], parts[1], other], tmp_path / "out")
    manifest = json.loads((other / results.MANIFEST).read_text())
    results.write_json(other / results.MANIFEST, {**manifest, "status": "running"})
    message = refusal(capsys, "merge", parts[0], parts[1], other, "--out", tmp_path / "out2")
    assert f"go on with gmbench run --resume {other}" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--part", "4/3"], "there is no part 4 of 3"),
        (["--part", "0/3"], "there is no part 0 of 3"),
        (["--part", "half"], "3/16, the third of sixteen"),
        (["--part", "4/4"], "make 3 parts at most, not 4"),
        (["--block", "-1"], "a block has at least 1 seed"),
        (["--memory", "1e-9"], "give --memory more, or --block fewer seeds"),
        (["--processes", "2"], "go with --distributed"),
        (["--distributed"], "the processes cannot be joined"),
        (["--distributed", "--part", "1/2"], "leave --part out"),
    ],
)
def test_what_cannot_be_shared_out_is_named(arguments, message, tmp_path, capsys):
    assert message in refusal(capsys, *COMMAND, *arguments, "--out", tmp_path / "run")


def test_a_suite_is_not_shared_out(tmp_path, capsys):
    message = refusal(capsys, "run", "quick", "--part", "1/2", "--out", tmp_path / "run")
    assert "run each of its tasks in parts" in message


@pytest.fixture(scope="module")
def ppo():
    task = load_task(TASK)
    return PPO.for_steps(task.env, TINY["steps"], task.configs["ppo"])


def test_a_plan_takes_what_fits_and_no_more_than_there_is(ppo, monkeypatch):
    params = ppo.env.default_params
    programs = Programs.build(ppo, params, 2, Spread.alone())

    def planned(blocks, gibibytes):
        return plan_training(programs, blocks, gibibytes)

    assert planned(1000, None) == Plan(1, fitting.COHORT_SEEDS // 2)
    assert planned(3, None) == Plan(1, 3)
    few = next(plan for size in range(1, 1000) if (plan := _tried(planned, size / 1e4)) is not None)
    assert few.cohort < fitting.COHORT_SEEDS // 2
    assert few.each == 1
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert planned(3, None) == Plan(3, 3)
    assert 1 <= planned(1000, 0.1).each < 1000


def _tried(planned, gibibytes):
    try:
        return planned(1000, gibibytes)
    except UsageError:
        return None


def test_free_memory_is_some_but_not_all():
    free = fitting.free_memory()
    assert 1 << 26 < free < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


class Unsteady:
    """PPO of which seed 1 loses its numbers in its first update."""

    def __init__(self, env, steps):
        self.ppo = PPO.for_steps(env, steps, load_task(TASK).configs["ppo"])
        self.steps_per_update = self.ppo.steps_per_update
        self.policy, self.config = self.ppo.policy, self.ppo.config

    def init(self, key, params):
        from gmbench.runs.training import seed_keys

        learner = self.ppo.init(key, params)
        unlucky = jax.random.key_data(key) == jax.random.key_data(seed_keys([1], 0)[0])
        broken = jax.tree.map(lambda leaf: jnp.where(unlucky.all(), jnp.nan, leaf), learner.weights)
        return learner.replace(weights=broken)

    def update(self, learner, params):
        return self.ppo.update(learner, params)


def test_seeds_that_diverge_are_marked_and_the_others_kept(tmp_path, capsys):
    notes = []
    result = run(
        TASK,
        algorithm="tests.test_scale:Unsteady",
        out=tmp_path / "run",
        **TINY,
        watch=Watch(note=notes.append),
    )
    assert notes == ["1 of 5 seeds diverged and are left out: 1"]
    assert result.manifest["diverged"] == result.scores["diverged"] == [1]
    assert result.scores["seeds"] == 4
    assert [seed["seed"] for seed in result.scores["per_seed"]] == [0, 2, 3, 4]
    assert sum(result.scores["verdicts"].values()) == 4
    assert set(np.unique(result.episodes["seed"])) == set(range(5))
    assert main(["score", str(tmp_path / "run")]) == 0
    assert "diverged" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "scores.json").read_text())["seeds"] == 4
    with pytest.raises(UsageError, match="every seed diverged"):
        run(TASK, algorithm="tests.test_scale:AllUnsteady", seeds=2, steps=1000, levels=64)


class AllUnsteady(Unsteady):
    """PPO without numbers."""

    def init(self, key, params):
        learner = self.ppo.init(key, params)
        return learner.replace(weights=jax.tree.map(lambda leaf: leaf * jnp.nan, learner.weights))
