"""The figures in README and docs come from stored results, and stored results from today's commands."""

import json
import re

import pytest

from gmbench.benchmarks.descriptions import TASKS
from gmbench.benchmarks.registry import load_task
from gmbench.cli import documents
from gmbench.cli.documents import RESULTS, written_texts
from gmbench.reports.pages.stored_results import BLOCK, fill_figures, store_run

OTHERS = ("calibrate-", "horizons-", "hostile", "intervals", "speed-", "startup")
"""How the names of stored results begin that are not runs."""
RUNS = sorted(path.stem for path in RESULTS.glob("*.json") if not path.stem.startswith(OTHERS))


def test_the_texts_are_those_of_the_stored_results():
    different = [path.name for path, text in written_texts().items() if text != path.read_text()]
    assert not different, "run python -m gmbench.cli.documents"


@pytest.mark.parametrize("task", TASKS)
def test_what_a_command_prints_fits_into_80_characters(task):
    for block in (f"calibration {task}", f"run {task}"):
        printed = fill_figures(f"<!-- figures: {block} -->\n<!-- end of figures -->", RESULTS)
        assert "…" not in printed
        assert max(map(len, printed.splitlines())) <= 80


def test_every_task_has_a_stored_run_and_a_control():
    assert {f"{task}{kind}" for task in TASKS for kind in ("", "-control")} <= set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_stored_run_is_what_its_command_runs_today(name):
    """A budget, a hyperparameter or a pack that changes makes the stored results untrue."""
    stored = json.loads((RESULTS / f"{name}.json").read_text())
    task = load_task(stored["task"])
    budget = task.budgets[stored["budget"]]
    update = stored["config"]["num_envs"] * stored["config"]["num_steps"]
    assert stored["algorithm"] == task.algorithm
    assert (stored["seeds"], stored["levels"]) == (budget.seeds, budget.levels)
    assert stored["steps"] == -(-budget.steps // update) * update
    assert stored["files"] == dict(task.files)
    config = vars(task.configs[task.algorithm])
    assert stored["config"] == json.loads(json.dumps(config))
    assert stored["scores"]["floor"] == task.floor
    assert stored["scores"]["alpha"] == stored["alpha"]


def test_a_run_is_stored_with_its_settings_and_scores(tiny_run):
    stored = store_run(tiny_run)
    assert stored["task"] == stored["scores"]["task"] == "coinrun-v1"
    assert "per_seed" not in stored["scores"]
    assert stored["versions"]["jax"]


def test_a_text_gets_the_table_that_the_command_prints(tmp_path, tiny_run):
    (tmp_path / "tiny.json").write_text(json.dumps(store_run(tiny_run), default=float))
    text = "Before.\n<!-- figures: run tiny -->\nold\n<!-- end of figures -->\nAfter.\n"
    filled = fill_figures(text, tmp_path)
    assert filled.startswith("Before.\n<!-- figures: run tiny -->\n```text\ncoinrun-v1, ppo, ")
    assert filled.endswith("```\n<!-- end of figures -->\nAfter.\n")
    assert "old" not in filled
    assert fill_figures(filled, tmp_path) == filled


def test_figures_that_there_are_not_are_named(tmp_path):
    block = "<!-- figures: {} -->\n<!-- end of figures -->"
    with pytest.raises(ValueError, match="no figures of the kind 'nothing'"):
        fill_figures(block.format("nothing"), tmp_path)
    with pytest.raises(Exception, match="cannot be read"):
        fill_figures(block.format("run missing"), tmp_path)


def test_versions_are_compared_between_equal_runs_only(tmp_path, tiny_run):
    stored = store_run(tiny_run)
    other = {**stored, "versions": {**stored["versions"], "jax": "9.9"}}
    for name, content in (("here", stored), ("there", other), ("longer", {**stored, "steps": 1})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content, default=float))
    block = "<!-- figures: versions here {} -->\n<!-- end of figures -->"
    filled = fill_figures(block.format("there"), tmp_path)
    assert ", jax 9.9 |" in filled
    lines = sum(line.startswith("| ") and " to " in line for line in filled.splitlines())
    assert re.search(r"overlap in (\d+) of \1 lines\. The means differ by 0\.000 at most", filled)
    assert lines
    with pytest.raises(ValueError, match="the runs differ in steps"):
        fill_figures(block.format("longer"), tmp_path)


def test_a_text_that_differs_fails_the_check(monkeypatch, tmp_path):
    page = tmp_path / "README.md"
    page.write_text("<!-- figures: run coinrun-v1 -->\nanother table\n<!-- end of figures -->\n")
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    with pytest.raises(documents.UsageError, match=r"README\.md differ from the stored results"):
        documents.main(check=True)
    documents.main()
    assert "goal misgeneralization" in page.read_text()
    documents.main(check=True)


def test_no_table_of_figures_stands_outside_the_blocks():
    """Every line of a table with a decimal fraction is within a block, or on a page that is written whole."""
    for page in written_texts():
        if "environments" in page.parts:
            continue
        outside = BLOCK.sub("", page.read_text())
        lines = [line for line in outside.splitlines() if line.startswith(("|", "│"))]
        assert not [line for line in lines if re.search(r"\d\.\d", line)], page


def test_every_figure_in_prose_stands_in_a_table_of_its_page():
    """A figure of two digits, such as .93, is a rounded number of a block on the same page."""
    for page, text in written_texts().items():
        in_blocks = re.findall(r"\d*\.\d+", " ".join(block[0] for block in BLOCK.finditer(text)))
        prose = re.sub(r"```.*?```", "", BLOCK.sub("", text), flags=re.DOTALL)
        for figure in re.findall(r"(?<![\w.])\.\d\d\b", prose):
            assert float(figure) in {round(float(number), 2) for number in in_blocks}, (page.name, figure)
