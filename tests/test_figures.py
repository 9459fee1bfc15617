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
from matplotlib.patches import StepPatch

from gmbench import results
from gmbench.benchmarks.scoring import INCAPABLE, MISGENERALIZED, ROBUST, UNTRAINED, VERDICTS
from gmbench.errors import UsageError
from gmbench.figures import (
    FIGURES,
    GOAL,
    LINED_SEEDS,
    LISTED_SEEDS,
    LOOKS,
    NEITHER,
    PROXIES,
    SHARES,
    STRIP,
    generalization_plane,
    learning_curves,
    pack_outcomes,
    save_figures,
    three_shares,
)
from tests.made_up import make_result


@pytest.fixture(scope="module")
def few():
    """Eight seeds, one of them incapable."""
    return make_result([MISGENERALIZED] * 5 + [ROBUST] * 2 + [INCAPABLE])


@pytest.fixture(scope="module")
def many():
    """Sixty seeds that stray far, some of them with neither figure."""
    verdicts = np.random.default_rng(1).choice(VERDICTS, 60, p=(0.25, 0.4, 0.15, 0.2)).tolist()
    result = make_result(verdicts, spread=0.12, levels=32)
    assert all(result.scores["verdicts"].values())
    assert any(np.isnan(seed["capability_generalization"]) for seed in result.scores["per_seed"])
    return result


@pytest.fixture(scope="module")
def one():
    return make_result([MISGENERALIZED])


@pytest.fixture(scope="module")
def undefined():
    """No seed has a goal generalization, and there is but one update."""
    result = make_result([INCAPABLE] * 3 + [UNTRAINED] * 2, updates=1)
    assert result.scores["goal_generalization"]["count"] == 0
    return result


@pytest.fixture(scope="module")
def unfinished(few):
    """No episode finished while training."""
    unknown = {
        name: np.full_like(few.curves[name], np.nan) for name in ("return_coin", "return_end", "length")
    }
    return dataclasses.replace(few, curves={**few.curves, **unknown})


@pytest.fixture(scope="module")
def wordy():
    """Three proxies and a long name."""
    goals = ("coin", "end", "shiny thing", "shield")
    return make_result(
        [MISGENERALIZED] * 4, goals=goals, algorithm="mypackage.agents.recurrent:make_algorithm"
    )


@pytest.fixture(scope="module")
def files(few, tmp_path_factory):
    return save_figures(few, tmp_path_factory.mktemp("run") / "figures")


CASES = ("few", "many", "one", "undefined", "unfinished", "wordy")


@pytest.fixture(params=CASES)
def case(request):
    return request.getfixturevalue(request.param)


def panel(figure, label):
    (axes,) = (axes for axes in figure.axes if axes.get_label() == label)
    return axes


def labelled(axes, label):
    """The coordinates of the line with a label, None where there is none."""
    for line in axes.lines:
        if line.get_label() == label:
            return np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    return None


def bars(axes):
    """Left ends and widths of horizontal bars: arrays [rows from the lowest up, parts]."""
    rows = {}
    for bar in axes.patches:
        rows.setdefault(round(bar.get_y() + bar.get_height() / 2, 6), []).append(bar)
    ordered = [sorted(rows[y], key=lambda bar: bar.get_x()) for y in sorted(rows)]
    return tuple(
        np.array([[getattr(bar, name)() for bar in row] for row in ordered])
        for name in ("get_x", "get_width")
    )


def texts(legend):
    return [text.get_text() for text in legend.get_texts()]


# All figures.


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_every_case_is_drawn_without_a_warning_and_nothing_is_cut_or_covered(case, draw):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(case)
        figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= 0
    assert drawn.x1 <= width
    assert drawn.y1 <= height
    around = [
        figure._suptitle.get_window_extent(),
        *(legend.get_window_extent() for legend in figure.legends),
    ]
    for axes in figure.axes:
        assert axes.get_tightbbox().count_overlaps(around) == 0


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_title_says_what_was_run(few, one, draw):
    assert draw(few).get_suptitle() == "coinrun-v1 · ppo · 8 seeds · alpha 0"
    assert draw(one).get_suptitle() == "coinrun-v1 · ppo · 1 seed · alpha 0"


def test_a_long_title_breaks_between_its_parts(wordy):
    lines = pack_outcomes(wordy).get_suptitle().splitlines()
    assert lines == ["coinrun-v1 · mypackage.agents.recurrent:make_algorithm ·", "4 seeds · alpha 0"]


def test_matplotlib_is_left_as_it_was(one, tmp_path):
    before = dict(matplotlib.rcParams)
    save_figures(one, tmp_path)
    assert dict(matplotlib.rcParams) == before


def test_jax_is_not_needed():
    check = (
        "import sys, gmbench.figures; sys.exit('jax' in sys.modules or 'matplotlib.pyplot' in sys.modules)"
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
            assert image.shape[1] in (680, 1380)  # 200 dots to the inch.
            assert np.mean(image[..., :3].min(axis=2) < 0.99) > 0.05
        else:
            content = path.read_bytes()
            assert content.startswith(b"%PDF")
            assert b"/CIDFontType2" in content
            assert b"/Type3" not in content


def test_same_result_gives_the_same_files(few, files, tmp_path):
    for first, second in zip(files, save_figures(few, tmp_path), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_scores_as_read_from_disk_give_the_same_figures(many, tmp_path):
    results.write_json(tmp_path / "scores.json", many.scores)
    read = dataclasses.replace(many, scores=json.loads((tmp_path / "scores.json").read_text()))
    for draw in FIGURES.values():
        images = []
        for result in (many, read):
            figure = draw(result)
            figure.savefig(tmp_path / "figure.png", dpi=60)
            images.append((tmp_path / "figure.png").read_bytes())
        assert images[0] == images[1]


def test_a_result_without_scores_is_refused(few, tmp_path):
    with pytest.raises(UsageError, match="gmbench score"):
        save_figures(dataclasses.replace(few, scores={}), tmp_path)


# The plane.


@pytest.mark.parametrize("name", ["few", "many", "one", "undefined"])
def test_plane_has_one_marker_per_seed_in_its_place(request, name):
    result = request.getfixturevalue(name)
    drawn = {verdict: [] for verdict in VERDICTS}
    colours = {to_hex(look.colour): verdict for verdict, look in LOOKS.items()}
    for markers in panel(generalization_plane(result), "plane").collections:
        is_open = len(markers.get_facecolor()) == 0
        verdict = colours[to_hex(markers.get_edgecolor()[0])]
        drawn[verdict] += [(x, y, is_open) for x, y in np.asarray(markers.get_offsets())]

    for verdict in VERDICTS:
        expected = []
        for seed in result.scores["per_seed"]:
            if seed["verdict"] == verdict:
                x, y = seed["capability_generalization"], seed["goal_generalization"]
                strip = STRIP + LOOKS[verdict].lane
                expected.append((STRIP if np.isnan(x) else x, strip if np.isnan(y) else y, np.isnan(y)))
        np.testing.assert_allclose(sorted(drawn[verdict]), sorted(expected))


def test_strips_are_inside_the_plane_and_apart_from_it(many):
    plane = panel(generalization_plane(many), "plane")
    for low, high in (plane.get_xlim(), plane.get_ylim()):
        assert low < STRIP - 0.03
        assert high > 1
    offsets = np.concatenate([markers.get_offsets() for markers in plane.collections])
    assert not ((offsets < -0.01) & (offsets > STRIP + 0.03)).any()


def test_trained_seeds_lie_in_the_region_of_their_verdict(many):
    for seed in many.scores["per_seed"]:
        kept, aimed = seed["capability_generalization"], seed["goal_generalization"]
        if seed["verdict"] == ROBUST:
            assert kept >= 0.5
            assert aimed >= 0.5
        elif seed["verdict"] == MISGENERALIZED:
            assert kept >= 0.5 > aimed
        elif seed["verdict"] == INCAPABLE:
            assert np.isnan(aimed)


def test_plane_has_the_mean_with_its_interval(few):
    plane = panel(generalization_plane(few), "plane")
    kept, aimed = few.scores["capability_generalization"], few.scores["goal_generalization"]
    np.testing.assert_allclose(labelled(plane, "mean"), [[kept["mean"]], [aimed["mean"]]])
    np.testing.assert_allclose(labelled(plane, "mean of K")[0], (kept["low"], kept["high"]))
    np.testing.assert_allclose(labelled(plane, "mean of G")[1], (aimed["low"], aimed["high"]))


def test_mean_without_a_goal_generalization_is_in_the_strip(undefined):
    x, y = labelled(panel(generalization_plane(undefined), "plane"), "mean")
    assert x == pytest.approx(undefined.scores["capability_generalization"]["mean"])
    assert y == STRIP


def test_one_seed_has_no_mean(one):
    figure = generalization_plane(one)
    assert labelled(panel(figure, "plane"), "mean") is None
    assert not any("mean" in text for text in texts(figure.legends[0]))


def test_legend_of_the_plane_counts_the_verdicts(many):
    entries = texts(generalization_plane(many).legends[0])
    assert entries[:-1] == [f"{verdict} ({many.scores['verdicts'][verdict]})" for verdict in VERDICTS]


def test_histograms_and_labels_count_every_seed(many):
    figure = generalization_plane(many)
    above, beside = panel(figure, "above"), panel(figure, "beside")
    seeds = many.scores["per_seed"]
    without_kept = sum(np.isnan(seed["capability_generalization"]) for seed in seeds)
    without_aimed = sum(np.isnan(seed["goal_generalization"]) for seed in seeds)
    assert sum(bar.get_height() for bar in above.patches) == len(seeds) - without_kept
    assert sum(bar.get_width() for bar in beside.patches) == len(seeds) - without_aimed
    assert beside.texts[0].get_text() == f"G\nundefined\n({without_aimed})"
    assert f"K undefined ({without_kept})" in [text.get_text() for text in panel(figure, "plane").texts]


# Shares and outcomes.


def test_bars_of_few_seeds_are_their_shares_in_order(few):
    axes = panel(three_shares(few), "seeds")
    left, width = bars(axes)
    np.testing.assert_allclose(width.sum(axis=1), 1)
    np.testing.assert_allclose(left, np.cumsum(width, axis=1) - width, atol=1e-12)
    assert (np.diff(width[:, 0]) >= 0).all()
    names = [label.get_text() for label in axes.get_yticklabels()]
    shares = {f"seed {seed['seed']}": seed["shares"] for seed in few.scores["per_seed"]}
    assert sorted(names) == sorted(shares)
    np.testing.assert_allclose(width, [[shares[name][part] for part in SHARES] for name in names], atol=1e-12)


def test_areas_of_many_seeds_are_their_shares_in_order(many):
    assert len(many.scores["per_seed"]) > LISTED_SEEDS
    areas = [patch for patch in panel(three_shares(many), "seeds").patches if isinstance(patch, StepPatch)]
    ends = np.array([area.get_data().values for area in areas])
    begins = np.array([area.get_data().baseline for area in areas])
    np.testing.assert_allclose(begins[1:], ends[:-1], atol=1e-12)
    np.testing.assert_allclose(begins[0], 0, atol=1e-12)
    np.testing.assert_allclose(ends[-1], 1)
    shares = [[seed["shares"][part] for part in SHARES] for seed in many.scores["per_seed"]]
    expected = sorted(shares, key=lambda parts: parts[:2])
    np.testing.assert_allclose((ends - begins).T, expected, atol=1e-12)


def test_mean_bars_are_the_scores_of_both_shifted_packs(few):
    axes = panel(three_shares(few), "means")
    both = (few.scores["hard"]["shift"]["shares"], few.scores["shares"])
    np.testing.assert_allclose(bars(axes)[1], [[shares[part]["mean"] for part in SHARES] for shares in both])
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["shift", "hard shift"]
    assert axes.get_yticks().tolist() == [1, 0]


def test_whiskers_are_the_intervals_at_the_ends_of_the_shares(few):
    whiskers = [line.get_xdata() for line in panel(three_shares(few), "means").lines]
    for shares in (few.scores["shares"], few.scores["hard"]["shift"]["shares"]):
        goal, neither = shares["goal"], shares["neither"]
        for expected in ((goal["low"], goal["high"]), (1 - neither["low"], 1 - neither["high"])):
            assert any(np.allclose(whisker, expected) for whisker in whiskers)


@pytest.mark.parametrize("name", ["few", "wordy"])
def test_outcomes_are_the_first_goals_of_each_pack(request, name):
    result = request.getfixturevalue(name)
    figure = pack_outcomes(result)
    (axes,) = figure.axes
    goals = result.manifest["goals"]
    expected = [
        [pack["first"][goal]["mean"] for goal in (*goals, "none")] for pack in result.scores["packs"].values()
    ]
    widths = bars(axes)[1][::-1]  # Drawn from the top down.
    np.testing.assert_allclose(widths, expected, atol=1e-12)
    np.testing.assert_allclose(widths.sum(axis=1), 1)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["iid", "shift", "hard", "hard shift"]
    assert texts(figure.legends[0]) == [f"{goal} first" for goal in goals] + ["none"]


def test_colours_mean_the_same_everywhere(wordy):
    first_row = [to_hex(bar.get_facecolor()) for bar in pack_outcomes(wordy).axes[0].patches[:5]]
    assert first_row == [colour.lower() for colour in (GOAL, *PROXIES[:3], NEITHER)]
    shares = [to_hex(bar.get_facecolor()) for bar in panel(three_shares(wordy), "means").patches[:3]]
    assert shares == [colour.lower() for colour in (GOAL, PROXIES[0], NEITHER)]
    for axes, colour in zip(learning_curves(wordy).axes, first_row[:-1], strict=False):
        assert {to_hex(line.get_color()) for line in axes.lines} == {colour}


# Learning curves.


@pytest.mark.parametrize("name", ["few", "many", "one"])
@pytest.mark.parametrize("column", ["return_coin", "return_end", "length", "entropy"])
def test_mean_and_band_are_those_over_seeds(request, name, column):
    result = request.getfixturevalue(name)
    axes = panel(learning_curves(result), column)
    values = result.curves[column].reshape(result.scores["seeds"], -1).astype(float)
    x, y = labelled(axes, "mean")
    np.testing.assert_array_equal(x, result.curves["steps"][: values.shape[1]])
    np.testing.assert_allclose(y, np.nanmean(values, axis=0))
    if name == "one":
        assert not axes.collections
    else:
        corners = axes.collections[0].get_paths()[0].vertices
        for step in (0, 30, 59):
            at = corners[np.isclose(corners[:, 0], x[step]), 1]
            expected = np.nanpercentile(values[:, step], (10, 90))
            np.testing.assert_allclose((at.min(), at.max()), expected)


def test_order_of_the_rows_does_not_matter(few):
    order = np.random.default_rng(0).permutation(len(few.curves["seed"]))
    shuffled = dataclasses.replace(few, curves={name: values[order] for name, values in few.curves.items()})
    for column in ("return_coin", "entropy"):
        expected, mean = (
            labelled(panel(learning_curves(result), column), "mean") for result in (few, shuffled)
        )
        np.testing.assert_allclose(mean, expected)


def test_each_of_a_few_seeds_has_a_line_without_the_gaps(few):
    thin = [line for line in panel(learning_curves(few), "return_coin").lines if line.get_label() != "mean"]
    assert len(thin) == 8
    assert {len(line.get_xdata()) for line in thin} == {59, 60}
    assert not any(np.isnan(line.get_ydata()).any() for line in thin)


def test_many_seeds_have_no_lines_of_their_own(many):
    assert len(many.scores["per_seed"]) > LINED_SEEDS
    figure = learning_curves(many)
    assert all(len(axes.lines) == 1 for axes in figure.axes)
    assert texts(figure.legends[0]) == ["mean over seeds", "10\N{EN DASH}90 % of seeds"]


def test_one_update_is_a_visible_point(undefined):
    for axes in learning_curves(undefined).axes:
        assert all(line.get_marker() == "." for line in axes.lines)


def test_where_no_episode_finished_the_panel_says_so(unfinished):
    figure = learning_curves(unfinished)
    assert [text.get_text() for text in panel(figure, "return_coin").texts] == ["no episode finished"]
    assert panel(figure, "entropy").get_xlim()[1] > unfinished.curves["steps"].max()


@pytest.mark.parametrize("kept", [("return_coin",), ("entropy",), ("return_end", "length")])
def test_what_the_algorithm_does_not_report_is_left_out(few, kept):
    curves = {name: few.curves[name] for name in ("seed", "update", "steps", *kept)}
    figure = learning_curves(dataclasses.replace(few, curves=curves))
    assert [axes.get_label() for axes in figure.axes] == list(kept)


def test_nothing_reported_is_said(few):
    curves = {name: few.curves[name] for name in ("seed", "update", "steps", "kl")}
    figure = learning_curves(dataclasses.replace(few, curves=curves))
    assert not figure.axes
    assert any("reports neither" in text.get_text() for text in figure.texts)
