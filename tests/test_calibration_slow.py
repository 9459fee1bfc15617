"""What `gmbench calibrate` must show of a trained agent and of whole packs: minutes each, run by hand."""

import pytest

import gmbench
from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED
from gmbench.benchmarks.tasks import REGISTRY
from gmbench.calibrating import calibrate_task

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("task", list(REGISTRY))
def test_a_broken_view_turns_the_verdict_into_a_failure_of_capability(task, tmp_path):
    seeds = 2
    gmbench.run(task, out=tmp_path / "run", seeds=seeds)
    rows = {(row.policy, row.pack): row for row in calibrate_task(task, tmp_path / "run")}
    assert all(row.passed for row in rows.values() if row.passed is not None)
    trained = rows["trained", "shift"]
    assert trained.verdicts[MISGENERALIZED] == seeds
    for broken in ("trained, view flipped", "trained, view scrambled"):
        assert rows[broken, "shift"].verdicts[INCAPABLE] == seeds
        assert rows[broken, "shift"].inferred.named["none"] > trained.inferred.named["none"]
    assert trained.inferred.pooled["none"] < 0.1
    assert rows["trained, view scrambled", "shift"].inferred.pooled["none"] > 0.9
