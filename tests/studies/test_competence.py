"""How soon learners are competent: curves, their summaries, and what the command is given."""

import dataclasses
import json
from itertools import pairwise

import pytest

import gmbench
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.tasks import load_task
from gmbench.errors import UsageError
from gmbench.runs.settings import settle
from gmbench.studies.competence import Point, compare, curve, learner, read_variants, summary

SEEDS, STEPS, LEVELS = 2, 8192, 64
"""Those of the tiny run of the command line's tests, whose programs these share."""


@pytest.fixture(scope="module")
def task():
    return load_task("coinrun-v1")


@pytest.fixture(scope="module")
def settings(task):
    return settle(task, seeds=SEEDS, steps=STEPS, levels=LEVELS)


def test_a_curve_ends_where_a_run_does(task, settings):
    pack, references = load_pack(task, "iid"), load_references(task)["iid"]
    points = list(curve(task, settings, learner(task, settings, {}), pack, references, points=2))
    assert [point.steps for point in points] == [STEPS // 2, STEPS]
    assert all(before.seconds < after.seconds for before, after in pairwise(points))
    ran = gmbench.run(task.id, seeds=SEEDS, steps=STEPS, levels=LEVELS)
    expected = ran.scores["packs"]["iid"]["capability"]["mean"]
    assert points[-1].capability == pytest.approx(expected, abs=1e-6)
    assert points[0].capability != points[1].capability


def test_a_summary_says_when_the_target_was_reached():
    points = [Point(1000, 2.0, 0.4), Point(2000, 4.0, 0.92), Point(3000, 6.0, 0.88)]
    line = summary({"epochs": 2}, points, seeds=8, target=0.9)
    assert line == "epochs 2: 0.9 after 2,000 steps, 4.0 s; 0.880 after 3,000 steps, 6.0 s (4,000 steps/s)"
    assert summary({}, points, seeds=8, target=0.95).startswith("as it is: 0.95 never;")


def test_a_variant_changes_what_it_names_and_nothing_else(task, settings):
    usual, varied = learner(task, settings, {}), learner(task, settings, {"hidden": [8, 8], "epochs": 1})
    assert varied.config == dataclasses.replace(usual.config, hidden=(8, 8), epochs=1)
    # The learning rate falls to zero over the run, however many steps an update takes.
    halved = learner(task, settings, {"num_envs": usual.config.num_envs // 2})
    assert halved.updates == 2 * usual.updates


@pytest.mark.parametrize("variant", [{"depth": 3}, {"minibatches": 7}])
def test_a_variant_that_cannot_be_is_refused(task, settings, variant):
    with pytest.raises(UsageError, match="PPO cannot be had with"):
        learner(task, settings, variant)


@pytest.mark.parametrize("content", ["{", '{"epochs": 2}', "[1]", None])
def test_a_file_of_variants_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "variants.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=str(path)):
        read_variants(path)


def test_a_pack_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="there is no pack 'easy'; the packs are iid"):
        compare("coinrun-v1", pack="easy")


def test_every_curve_is_kept_as_it_is_found(monkeypatch, tmp_path, capsys):
    points = [Point(1000, 2.0, 0.5), Point(2000, 4.0, 0.9)]
    monkeypatch.setattr("gmbench.studies.competence.curve", lambda *_: iter(points))
    variants, out = tmp_path / "variants.json", tmp_path / "curves.jsonl"
    variants.write_text('[{}, {"epochs": 1}]')
    compare("coinrun-v1", variants=variants, pack="iid", out=out, seeds=SEEDS)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["variant"] for line in lines] == [{}, {"epochs": 1}]
    assert [Point(**point) for point in lines[1]["points"]] == points
    assert len(capsys.readouterr().out.splitlines()) == len(lines)
