"""Shards: the results of finished seeds are saved, so that an interrupted run does not compute them again."""

import shutil

import pytest

import gmbench
from gmbench.errors import Interrupted
from gmbench.runs import memory_planning
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.storage import results
from gmbench.runs.storage.shards import SHARDS
from tests.commands import refusal, run_command
from tests.tiny_runs import BLOCKS, TASK, assert_same_results

pytestmark = pytest.mark.usefixtures("without_figures")


def test_seeds_with_a_shard_are_not_computed_again(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(memory_planning, "COHORT_SEEDS", BLOCKS["block"])
    out, stages = tmp_path / "run", []
    stop_in_second_cohort = Callbacks(stage=stages.append, stop=lambda: stages.count("evaluating") == 2)
    with pytest.raises(Interrupted):
        gmbench.run(TASK, out=out, **BLOCKS, callbacks=stop_in_second_cohort)
    assert sorted(path.name for path in (out / SHARDS).iterdir()) == ["000000-000001", "000002-000003"]
    # The plan of cohorts is saved, so that it stays the same when more memory is free.
    monkeypatch.setattr(memory_planning, "COHORT_SEEDS", 64)
    stages.clear()
    gmbench.resume(out, callbacks=Callbacks(stage=stages.append))
    assert stages.count("training") == 1
    assert_same_results(whole, out)
    assert not (out / SHARDS).exists()


def test_a_damaged_shard_is_named_and_its_seeds_can_be_run_again(whole, tmp_path, capsys):
    out, stages = tmp_path / "run", []
    callbacks = Callbacks(stage=stages.append, stop=lambda: "evaluating" in stages)
    with pytest.raises(Interrupted):
        gmbench.run(TASK, out=out, **BLOCKS, callbacks=callbacks)
    shard = out / SHARDS / "000000-000004"
    table = shard / results.EPISODES
    table.write_bytes(table.read_bytes()[:-9])
    assert f"{shard} is damaged; remove it" in refusal(capsys, "run", "--resume", out)
    shutil.rmtree(shard)
    run_command("run", "--resume", out)
    assert_same_results(whole, out)
