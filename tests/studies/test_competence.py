"""The study of competence: learning curves, their summaries, and the arguments of the command."""

import dataclasses
import json
from itertools import pairwise

import pytest

import gmbench
from gmbench.benchmarks.packs import load_pack, load_references
from gmbench.benchmarks.registry import load_task
from gmbench.cli.competence import main, read_variants, summarize_curve
from gmbench.errors import UsageError
from gmbench.runs.settings import RunOptions, Settings
from gmbench.studies.competence import CurvePoint, learning_curve, make_variant

SEEDS, STEPS, LEVELS = 2, 8192, 64
"""The sizes of the tiny run in the tests of the command line, so that compiled programs are shared."""


@pytest.fixture(scope="module")
def task():
    return load_task("coinrun-v1")


@pytest.fixture(scope="module")
def settings(task):
    return Settings.resolve(task, RunOptions(seeds=SEEDS, steps=STEPS, levels=LEVELS))


def test_a_curve_ends_where_a_run_does(task, settings):
    pack, references = load_pack(task, "iid"), load_references(task)["iid"]
    points = list(
        learning_curve(task, settings, make_variant(task, settings, {}), pack, references, points=2)
    )
    assert [point.steps for point in points] == [STEPS // 2, STEPS]
    assert all(before.seconds < after.seconds for before, after in pairwise(points))
    ran = gmbench.run(task.id, seeds=SEEDS, steps=STEPS, levels=LEVELS)
    expected = ran.scores["packs"]["iid"]["capability"]["mean"]
    assert points[-1].capability == pytest.approx(expected, abs=1e-6)
    assert points[0].capability != points[1].capability


def test_a_summary_says_when_the_target_was_reached():
    points = [CurvePoint(1000, 2.0, 0.4), CurvePoint(2000, 4.0, 0.92), CurvePoint(3000, 6.0, 0.88)]
    line = summarize_curve({"epochs": 2}, points, seeds=8, target=0.9)
    assert line == "epochs 2: 0.9 after 2,000 steps, 4.0 s; 0.880 after 3,000 steps, 6.0 s (4,000 steps/s)"
    assert summarize_curve({}, points, seeds=8, target=0.95).startswith("as it is: 0.95 never;")


def test_a_variant_changes_what_it_names_and_nothing_else(task, settings):
    usual = make_variant(task, settings, {})
    varied = make_variant(task, settings, {"hidden": [8, 8], "epochs": 1})
    assert varied.config == dataclasses.replace(usual.config, hidden=(8, 8), epochs=1)
    # The learning rate must fall to zero over the run, so the number of updates follows that of the steps.
    halved = make_variant(task, settings, {"num_envs": usual.config.num_envs // 2})
    assert halved.updates == 2 * usual.updates


@pytest.mark.parametrize("variant", [{"depth": 3}, {"minibatches": 7}])
def test_an_impossible_variant_is_refused(task, settings, variant):
    with pytest.raises(UsageError, match="PPO cannot be made with"):
        make_variant(task, settings, variant)


@pytest.mark.parametrize("content", ["{", '{"epochs": 2}', "[1]", "[" * 100_000, None])
def test_a_file_without_variants_is_refused(tmp_path, content):
    path = tmp_path / "variants.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=str(path)):
        read_variants(path)


def test_a_pack_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="there is no pack 'easy'; the packs are iid"):
        main("coinrun-v1", pack="easy")


@pytest.mark.parametrize("name", ["no/where.jsonl", "."])
def test_a_file_that_cannot_be_written_is_named_before_anything_is_trained(name, monkeypatch, tmp_path):
    monkeypatch.setattr("gmbench.cli.competence.learning_curve", lambda *_: pytest.fail("it trains"))
    with pytest.raises(UsageError, match=rf"{tmp_path / name} cannot be written"):
        main("coinrun-v1", pack="iid", out=tmp_path / name)


def test_every_curve_is_saved_as_soon_as_it_is_complete(monkeypatch, tmp_path, capsys):
    points = [CurvePoint(1000, 2.0, 0.5), CurvePoint(2000, 4.0, 0.9)]
    monkeypatch.setattr("gmbench.cli.competence.learning_curve", lambda *_: iter(points))
    variants, out = tmp_path / "variants.json", tmp_path / "curves.jsonl"
    variants.write_text('[{}, {"epochs": 1}]')
    main("coinrun-v1", variants=variants, pack="iid", out=out, seeds=SEEDS)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["variant"] for line in lines] == [{}, {"epochs": 1}]
    assert [CurvePoint(**point) for point in lines[1]["points"]] == points
    assert len(capsys.readouterr().out.splitlines()) == len(lines)
