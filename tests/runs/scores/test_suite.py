"""Scores of suites: aggregates over the seeds of all tasks."""

import numpy as np
import pytest
from scipy import stats

from gmbench.benchmarks.scoring import MISGENERALIZED, ROBUST, SHARES, UNTRAINED
from gmbench.runs.scores.suite import score_suite
from gmbench.runs.storage.files import to_json_types
from tests.made_up import make_result, make_task_scores


@pytest.fixture(scope="module")
def scores():
    """The scores of three tasks."""
    return make_task_scores()


def values_per_seed(scores, figure):
    return np.array([[figure(seed) for seed in scored["per_seed"]] for scored in scores.values()])


def test_aggregates_are_over_the_seeds_of_all_tasks(scores):
    suite = score_suite("made-up", scores)
    figures = {
        "capability": lambda seed: seed["capability"]["iid"],
        "capability_generalization": lambda seed: seed["capability_generalization"],
    }
    for name, figure in figures.items():
        values = values_per_seed(scores, figure)
        assert suite["mean"][name]["mean"] == pytest.approx(np.nanmean(values, axis=1).mean())
        if not np.isnan(values).any():
            assert suite["interquartile_mean"][name]["mean"] == pytest.approx(
                stats.trim_mean(values.ravel(), 0.25)
            )
    for share in SHARES:
        values = values_per_seed(scores, lambda seed, share=share: seed["shares"][share])
        estimate = suite["interquartile_mean"]["shares"][share]
        assert estimate["mean"] == pytest.approx(stats.trim_mean(values.ravel(), 0.25))
        assert estimate["low"] <= estimate["mean"] <= estimate["high"]
        assert estimate["count"] == values.size
    assert sum(suite["mean"]["shares"][share]["mean"] for share in SHARES) == pytest.approx(1)
    assert suite["verdicts"][MISGENERALIZED] == 10
    assert suite["verdicts"][UNTRAINED] == 4


def test_an_aggregate_is_undefined_if_no_seed_of_a_task_has_the_figure(scores):
    def with_a_task_of(verdict):
        return score_suite("made-up", {**scores, "d-v1": make_result([verdict] * 4).scores})

    assert np.isfinite(with_a_task_of(ROBUST)["mean"]["goal_generalization"]["mean"])
    for aggregate in ("mean", "interquartile_mean"):
        undefined = with_a_task_of(UNTRAINED)[aggregate]
        assert np.isnan(undefined["goal_generalization"]["mean"])
        assert np.isfinite(undefined["shares"]["goal"]["mean"])


def test_scores_read_from_files_give_the_same_aggregates(scores):
    from_files = score_suite("made-up", to_json_types(scores))
    assert to_json_types(from_files) == to_json_types(score_suite("made-up", scores))


def test_a_suite_with_one_seed_per_task_has_no_intervals():
    suite = score_suite("made-up", {"a-v1": make_result([MISGENERALIZED]).scores})
    assert np.isnan(suite["interquartile_mean"]["capability"]["low"])
