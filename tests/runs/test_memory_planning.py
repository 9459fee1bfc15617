"""Memory planning: as many seeds train together as fit into memory, and the numbers do not depend on it."""

import os

import jax
import pytest

import gmbench
from gmbench.agents.ppo import PPO
from gmbench.benchmarks.registry import load_task
from gmbench.errors import Interrupted, UsageError
from gmbench.runs import memory_planning
from gmbench.runs.callbacks import Callbacks
from gmbench.runs.memory_planning import MemoryPlan, plan_memory
from gmbench.runs.sharding import Placement
from gmbench.runs.storage.training_checkpoints import PLAN, TRAINING
from gmbench.runs.training_programs import Programs
from tests.commands import refusal
from tests.tiny_runs import BLOCKS, TASK, assert_same_results

pytestmark = pytest.mark.usefixtures("without_figures")


def test_cohorts_follow_each_other_and_give_the_same_results(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(memory_planning, "COHORT_SEEDS", BLOCKS["block"])
    notes, progress, stages = [], [], []
    callbacks = Callbacks(
        stage=stages.append,
        progress=lambda done, updates, _: progress.append((done, updates)),
        note=notes.append,
    )
    gmbench.run(TASK, out=tmp_path / "run", **BLOCKS, callbacks=callbacks)
    assert_same_results(whole, tmp_path / "run")
    rounds = [f"round {number} of 3 is complete" for number in (1, 2, 3)]
    assert notes == ["5 seeds in blocks of 2, 2 at a time: 3 rounds", *rounds]
    assert stages.count("training") == stages.count("evaluating") == 3
    assert [done for done, _ in progress] == list(range(1, progress[0][1] + 1))


def test_a_damaged_plan_is_named(tmp_path, capsys):
    out, reports = tmp_path / "run", []
    callbacks = Callbacks(progress=lambda *report: reports.append(report), stop=lambda: len(reports) == 1)
    with pytest.raises(Interrupted):
        gmbench.run(TASK, out=out, **BLOCKS, callbacks=callbacks)
    for damaged in ('{"blocks_per_device": 1', '{"blocks_per_device": 1}', '{"each": 1, "cohort": 1}'):
        (out / TRAINING / PLAN).write_text(damaged)
        assert "plan.json is damaged; remove" in refusal(capsys, "run", "--resume", out)


@pytest.fixture(scope="module")
def programs():
    """The programs that train blocks of two seeds."""
    task = load_task(TASK)
    ppo = PPO.for_steps(task.env, BLOCKS["steps"], task.configs["ppo"])
    return Programs.build(ppo, task.env.default_params, 2, Placement.one_device())


def test_a_plan_uses_the_memory_that_is_there_and_no_more(programs, monkeypatch):
    def plan(blocks, gibibytes):
        return plan_memory(programs, blocks, gibibytes)

    def plan_if_it_fits(gibibytes):
        try:
            return plan(1000, gibibytes)
        except UsageError:
            return None

    assert plan(1000, None) == MemoryPlan(1, memory_planning.COHORT_SEEDS // 2)
    assert plan(3, None) == MemoryPlan(1, 3)
    smallest = next(found for size in range(1, 1000) if (found := plan_if_it_fits(size / 1e4)) is not None)
    assert smallest.blocks_per_cohort < memory_planning.COHORT_SEEDS // 2
    assert smallest.blocks_per_device == 1
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert plan(3, None) == MemoryPlan(3, 3)
    assert 1 <= plan(1000, 0.1).blocks_per_device < 1000


def test_free_memory_is_less_than_the_memory_of_the_machine():
    free = memory_planning.free_memory()
    assert 1 << 26 < free < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
