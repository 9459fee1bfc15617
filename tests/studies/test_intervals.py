"""The study of intervals: its methods against other computations, and its stored results against the code."""

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

from gmbench.benchmarks.statistics import seed_mean, wilson_rate
from gmbench.cli.documents import RESULTS
from gmbench.errors import UsageError
from gmbench.reports.tables.intervals import PARTS
from gmbench.runs.storage.files import to_json_types
from gmbench.studies.interval_methods import (
    BCA,
    BOOTSTRAP_T,
    PERCENTILE,
    STUDENT,
    Samples,
    mean_ends,
    rate_ends,
    resampling_weights,
    suite_percentile_ends,
)
from gmbench.studies.intervals import mean_row, needed, rate_row
from gmbench.studies.seed_populations import VALUES, made_up, populations, seed_values

STORED = json.loads((RESULTS / "intervals.json").read_text())


@pytest.fixture(scope="module")
def samples():
    """Some samples of eight seeds."""
    return np.random.default_rng(5).beta(2, 6, (6, 8))


def test_the_t_intervals_are_those_of_scores(samples):
    low, high = mean_ends(samples, 99, 0)[STUDENT]
    estimates = [seed_mean(sample) for sample in samples]
    assert low == pytest.approx([estimate.low for estimate in estimates])
    assert high == pytest.approx([estimate.high for estimate in estimates])


@pytest.mark.parametrize(("name", "method"), [(PERCENTILE, "percentile"), (BCA, "BCa")])
def test_bootstrap_intervals_are_those_of_scipy_for_one_sample(samples, name, method):
    low, high = mean_ends(samples, 499, 3)[name]
    one = stats.bootstrap(
        (samples[2],), np.mean, n_resamples=499, method=method, rng=np.random.default_rng(3)
    ).confidence_interval
    assert (low[2], high[2]) == pytest.approx((one.low, one.high), rel=1e-9)


def test_the_bootstrap_t_equals_one_in_plain_loops(samples):
    values, resamples = samples[0], 199
    drawn = np.random.default_rng(4).integers(0, 8, (resamples, 8))
    error = values.std(ddof=1) / np.sqrt(8)
    ratios = sorted(
        (values[rows].mean() - values.mean()) / (values[rows].std(ddof=1) / np.sqrt(8)) for rows in drawn
    )
    low, high = (end[0] for end in mean_ends(samples, resamples, 4)[BOOTSTRAP_T])
    # 2.5 % of 200 are 5: the fifth ratio from either end.
    assert (low, high) == pytest.approx(
        (values.mean() - ratios[-5] * error, values.mean() - ratios[4] * error)
    )


def test_equal_seeds_give_intervals_of_no_width():
    for low, high in mean_ends(np.full((2, 8), 0.25), 99, 0).values():
        assert low == pytest.approx([0.25, 0.25])
        assert high == pytest.approx([0.25, 0.25])


def test_the_stratified_bootstrap_resamples_within_each_task(samples):
    tasks = [samples, 10 + samples[::-1]]
    made = [
        Samples(values, resampling_weights(8, 4000, np.random.default_rng(seed)))
        for seed, values in enumerate(tasks)
    ]
    low, high = suite_percentile_ends(made)
    spread = np.sqrt(sum(values[0].var() / 8 for values in tasks)) / 2
    middle = np.mean([values[0].mean() for values in tasks])
    assert (low[0], high[0]) == pytest.approx((middle - 1.96 * spread, middle + 1.96 * spread), abs=0.02)


def test_wilsons_intervals_are_those_of_scores():
    low, high = rate_ends(8)["Wilson"]
    assert (low[3], high[3]) == (wilson_rate(3, 8).low, wilson_rate(3, 8).high)


def test_the_stored_study_is_what_the_command_finds_today():
    """A part of it: all that is computed exactly, and one simulated row."""
    rates = [dataclasses.asdict(rate_row(row["seeds"])) for row in STORED["rates"]]
    known = [dataclasses.asdict(needed(row["seeds"])) for row in STORED["needed"]]
    assert to_json_types(rates) == STORED["rates"]
    assert to_json_types(known) == STORED["needed"]
    row = STORED["means"][0]
    population = next(population for population in populations() if population.name == row["case"])
    again = mean_row(population, row["seeds"], STORED["samples"], STORED["resamples"])
    for name, found in again.methods.items():
        assert found.coverage == pytest.approx(row["methods"][name]["coverage"], abs=0.001)
        assert found.width == pytest.approx(row["methods"][name]["width"], rel=1e-3)
    assert {part["case"] for part in STORED["means"]} == {population.name for population in populations()}


def test_the_method_of_scores_covers_most_where_seeds_are_of_one_kind():
    """Among the percentile bootstrap, BCa and t: the reason why means have t intervals."""
    for row in STORED["means"]:
        if row["case"].startswith("one kind"):
            covered = {name: row["methods"][name]["coverage"] for name in (PERCENTILE, BCA, STUDENT)}
            assert max(covered, key=covered.get) == STUDENT
            assert covered[STUDENT] > 0.89


def test_populations_have_the_kinds_that_they_name():
    kinds = {population.name: population.values[0] for population in made_up()}
    assert np.mean(kinds["two kinds: one in ten at .9"] > 0.5) == 0.1
    assert np.mean(kinds["two kinds: one in four at .9"] > 0.5) == 0.25
    assert np.mean(kinds["two kinds, .1 and .9: half and half"] > 0.5) == 0.5


def test_every_part_of_the_study_has_a_table():
    for _, make in PARTS.values():
        header, *rows = make(STORED)
        assert rows
        assert {len(row) for row in rows} == {len(header)}


def test_the_figures_of_runs_are_stored_with_their_commands(tiny_run, tmp_path):
    stored = seed_values([tiny_run])["runs"][tiny_run.name]
    scores = json.loads((tiny_run / "scores.json").read_text())
    assert stored["goal"] == [round(seed["shares"]["goal"], 4) for seed in scores["per_seed"]]
    assert stored["command"].startswith("gmbench run coinrun-v1 ")
    assert set(stored) == set(next(iter(json.loads(VALUES.read_text())["runs"].values())))
    with pytest.raises(UsageError):
        seed_values([tmp_path])
