"""What holds for all figures."""

import dataclasses
import json
import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread

from gmbench.errors import UsageError
from gmbench.reports.figures import FIGURES, save_figures
from gmbench.reports.figures.curves import learning_curves
from gmbench.reports.figures.goal_inference import goal_inference
from gmbench.reports.figures.outcomes import pack_outcomes
from gmbench.reports.figures.shares import three_shares
from gmbench.reports.figures.style import GOAL, NEITHER, PROXIES
from gmbench.runs.storage.files import write_json
from tests.reports.figures.drawn import assert_nothing_is_cut_or_covered, panel


@pytest.fixture(scope="module")
def files(few, tmp_path_factory):
    return save_figures(few, tmp_path_factory.mktemp("run") / "figures")


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_every_case_is_drawn_without_a_warning_and_nothing_is_cut_or_covered(case, draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_nothing_is_cut_or_covered(draw(case))


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_the_title_says_what_was_run(few, one, draw):
    assert draw(few).get_suptitle() == "coinrun-v1 · ppo · 8 seeds · alpha 0"
    assert draw(one).get_suptitle() == "coinrun-v1 · ppo · 1 seed · alpha 0"


def test_a_long_title_breaks_between_its_parts(wordy):
    lines = pack_outcomes(wordy).get_suptitle().splitlines()
    assert lines == ["coinrun-v1 · mypackage.agents.recurrent:make_algorithm ·", "4 seeds · alpha 0"]


def test_the_settings_of_matplotlib_do_not_change(one, tmp_path):
    before = dict(matplotlib.rcParams)
    save_figures(one, tmp_path)
    assert dict(matplotlib.rcParams) == before


def test_jax_is_not_needed():
    check = (
        "import sys, gmbench.reports.figures; "
        "sys.exit('jax' in sys.modules or 'matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_files_are_pictures(files):
    assert sorted(files) == sorted(files[0].parent.iterdir())
    assert sorted(path.name for path in files) == sorted(
        f"{name}.{end}" for name in FIGURES for end in ("pdf", "png")
    )
    for path in files:
        if path.suffix == ".png":
            image = imread(path)
            assert image.shape[1] in (1020, 2070)  # 300 dots to the inch.
            assert np.mean(image[..., :3].min(axis=2) < 0.99) > 0.05
        else:
            content = path.read_bytes()
            assert content.startswith(b"%PDF")
            assert b"/CIDFontType2" in content
            assert b"/Type3" not in content


def test_the_same_result_gives_the_same_files(few, files, tmp_path):
    for first, second in zip(files, save_figures(few, tmp_path), strict=True):
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", ["many", "one"])
def test_scores_read_from_disk_give_the_same_figures(request, name, tmp_path):
    scored = request.getfixturevalue(name)
    write_json(tmp_path / "scores.json", scored.scores)
    read = dataclasses.replace(scored, scores=json.loads((tmp_path / "scores.json").read_text()))
    for draw in FIGURES.values():
        images = []
        for result in (scored, read):
            figure = draw(result)
            figure.savefig(tmp_path / "figure.png", dpi=60)
            images.append((tmp_path / "figure.png").read_bytes())
        assert images[0] == images[1]


def test_a_result_without_scores_is_refused(few, tmp_path):
    with pytest.raises(UsageError, match="gmbench score"):
        save_figures(dataclasses.replace(few, scores={}), tmp_path)


def test_goal_inference_is_left_out_where_the_scores_have_none(few, tmp_path):
    scores = {name: value for name, value in few.scores.items() if name != "goal_inference"}
    paths = save_figures(dataclasses.replace(few, scores=scores), tmp_path)
    assert sorted(paths) == sorted(tmp_path.iterdir())
    assert {path.stem for path in paths} == set(FIGURES) - {"goal_inference"}


def test_colours_mean_the_same_everywhere(wordy):
    first_row = [to_hex(bar.get_facecolor()) for bar in pack_outcomes(wordy).axes[0].patches[:5]]
    assert first_row == [colour.lower() for colour in (GOAL, *PROXIES[:3], NEITHER)]
    shares = [to_hex(bar.get_facecolor()) for bar in panel(three_shares(wordy), "means").patches[:3]]
    assert shares == [colour.lower() for colour in (GOAL, PROXIES[0], NEITHER)]
    posterior = [to_hex(bar.get_facecolor()) for bar in panel(goal_inference(wordy), "means").patches[:5]]
    assert posterior == first_row
    for axes, colour in zip(learning_curves(wordy).axes, first_row[:-1], strict=False):
        lines = (line for line in axes.lines if line.get_label() != "mean")
        assert {to_hex(line.get_color()) for line in lines} - {"#ffffff"} == {colour}
