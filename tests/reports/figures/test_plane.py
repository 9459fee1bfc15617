"""The figure of the generalization plane."""

import copy
import dataclasses

import numpy as np
import pytest
from matplotlib.colors import to_hex

from gmbench.benchmarks.scoring import (
    INCAPABLE,
    MISGENERALIZED,
    MIXED,
    ROBUST,
    SHIFT_ONLY,
)
from gmbench.reports.figures.plane import DRAWN, LOOKS, STRIP, generalization_plane
from tests.made_up import make_result
from tests.reports.figures.drawn import labelled, panel, texts


@pytest.mark.parametrize("name", ["few", "many", "one", "undefined"])
def test_plane_has_one_marker_per_seed_in_its_place(request, name):
    result = request.getfixturevalue(name)
    drawn = {verdict: [] for verdict in DRAWN}
    colours = {to_hex(look.colour): verdict for verdict, look in LOOKS.items()}
    for markers in panel(generalization_plane(result), "plane").collections:
        is_open = len(markers.get_facecolor()) == 0
        verdict = colours[to_hex(markers.get_edgecolor()[0])]
        drawn[verdict] += [(x, y, is_open) for x, y in np.asarray(markers.get_offsets())]

    for verdict in DRAWN:
        expected = []
        for seed in result.scores["per_seed"]:
            if seed["verdict"] == verdict:
                x, y = seed["capability_generalization"], seed["goal_generalization"]
                strip = STRIP + LOOKS[verdict].lane
                expected.append((STRIP if np.isnan(x) else x, strip if np.isnan(y) else y, np.isnan(y)))
        np.testing.assert_allclose(sorted(drawn[verdict]), sorted(expected))


def test_strips_are_inside_the_plane_and_apart_from_it(many):
    plane = panel(generalization_plane(many), "plane")
    assert plane.get_xlim()[1] > max(seed["capability_generalization"] for seed in many.scores["per_seed"])
    for low, high in (plane.get_xlim(), plane.get_ylim()):
        assert low < STRIP - 0.03
        assert high > 1
    offsets = np.concatenate([markers.get_offsets() for markers in plane.collections])
    assert not ((offsets < -0.01) & (offsets > STRIP + 0.03)).any()


def test_trained_seeds_lie_in_the_region_of_their_verdict(many):
    for seed in many.scores["per_seed"]:
        k, g = seed["capability_generalization"], seed["goal_generalization"]
        if seed["verdict"] in (ROBUST, MIXED, MISGENERALIZED):
            kind = ROBUST if g >= 2 / 3 else MISGENERALIZED if g <= 1 / 3 else MIXED
            assert seed["verdict"] == kind
            assert not np.isnan(k)
        elif seed["verdict"] == INCAPABLE:
            assert np.isnan(g)
        elif seed["verdict"] == SHIFT_ONLY:
            assert np.isnan(k)
            assert not np.isnan(g)


def test_plane_has_the_mean_with_its_interval(few):
    plane = panel(generalization_plane(few), "plane")
    k, g = few.scores["capability_generalization"], few.scores["goal_generalization"]
    np.testing.assert_allclose(labelled(plane, "mean"), [[k["mean"]], [g["mean"]]])
    np.testing.assert_allclose(labelled(plane, "mean of K")[0], (k["low"], k["high"]))
    np.testing.assert_allclose(labelled(plane, "mean of G")[1], (g["low"], g["high"]))


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
    assert entries[:-1] == [f"{verdict} ({many.scores['verdicts'][verdict]})" for verdict in DRAWN]


def test_histograms_and_labels_count_every_seed(many):
    figure = generalization_plane(many)
    above, beside = panel(figure, "above"), panel(figure, "beside")
    seeds = many.scores["per_seed"]
    without_k = sum(np.isnan(seed["capability_generalization"]) for seed in seeds)
    without_g = sum(np.isnan(seed["goal_generalization"]) for seed in seeds)
    assert sum(bar.get_height() for bar in above.patches) == len(seeds) - without_k
    assert sum(bar.get_width() for bar in beside.patches) == len(seeds) - without_g
    assert beside.texts[0].get_text() == f"G\nundefined\n({without_g})"
    assert f"K undefined ({without_k})" in [text.get_text() for text in panel(figure, "plane").texts]


def test_markers_that_lie_on_each_other_are_counted():
    result = make_result([MISGENERALIZED] * 5, spread=0.0)
    seeds = result.scores["per_seed"]
    for seed in seeds:
        seed["capability_generalization"], seed["goal_generalization"] = 1.0, 0.2
    plane = panel(generalization_plane(result), "plane")
    assert "5\N{MULTIPLICATION SIGN}" in [text.get_text() for text in plane.texts]
    seeds[0]["goal_generalization"] = 0.4
    plane = panel(generalization_plane(result), "plane")
    assert "4\N{MULTIPLICATION SIGN}" in [text.get_text() for text in plane.texts]


def test_the_plane_says_why_g_is_undefined(few):
    written = [text.get_text() for text in panel(generalization_plane(few), "plane").texts]
    assert "G undefined: capability under shift below 0.5" in written


def test_no_marker_is_cut_off_at_the_edge(few):
    scores = copy.deepcopy(few.scores)
    scores["per_seed"][0].update(capability_generalization=1.2)
    plane = panel(generalization_plane(dataclasses.replace(few, scores=scores)), "plane")
    assert plane.get_xlim()[1] > 1.2
