"""The figure of goal inference."""

import copy
import dataclasses
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_hex

from gmbench.benchmarks.scoring import MISGENERALIZED, ROBUST
from gmbench.reports.figures.bars import LISTED_SEEDS
from gmbench.reports.figures.goal_inference import goal_inference
from gmbench.reports.figures.style import goal_colours
from tests.made_up import make_result
from tests.reports.figures.drawn import (
    all_labelled,
    areas,
    assert_nothing_is_cut_or_covered,
    bars,
    has_line,
    panel,
    texts,
    ticks,
)

PACKS = ("iid", "shift")
FIVE = ("coin", "end", "shiny thing", "shield", "red key")


def hypotheses(result):
    """Returns the names of the goals and of no goal."""
    return [*result.manifest["goals"], "none"]


def seed_posteriors(result):
    """Returns the posterior of each seed on shift, a list of probabilities."""
    return [
        [seed["goal_inference"]["shift"]["explained"][name] for name in hypotheses(result)]
        for seed in result.scores["per_seed"]
    ]


def lanes(result):
    """Returns the pack and the goal of each lane, from the top down."""
    return [(pack, goal) for pack in PACKS for goal in result.manifest["goals"]]


def dots(figure):
    """Returns the positions of the dots in each lane: arrays [seeds, x and y]."""
    return [np.asarray(markers.get_offsets()) for markers in panel(figure, "directedness").collections]


@pytest.mark.parametrize(("seeds", "goals"), [(2, 2), (LISTED_SEEDS, 4), (LISTED_SEEDS + 1, 5), (300, 2)])
def test_any_number_of_seeds_and_goals_is_drawn_without_a_warning_on_a_page(seeds, goals):
    result = make_result(([MISGENERALIZED, ROBUST] * seeds)[:seeds], goals=FIVE[:goals], levels=16)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = goal_inference(result)
        assert_nothing_is_cut_or_covered(figure)
    assert figure.get_figheight() < 9


@pytest.mark.parametrize("name", ["few", "wordy", "one"])
def test_mean_bars_are_the_posteriors_of_both_packs(request, name):
    result = request.getfixturevalue(name)
    axes = panel(goal_inference(result), "means")
    expected = [
        [result.scores["goal_inference"][pack]["explained"][goal]["mean"] for goal in hypotheses(result)]
        for pack in PACKS
    ]
    width = bars(axes)[1][::-1]  # Drawn from the top down.
    np.testing.assert_allclose(width, expected, atol=1e-12)
    np.testing.assert_allclose(width.sum(axis=1), 1)
    assert ticks(axes.yaxis) == list(PACKS)


def test_whiskers_are_the_intervals_of_the_intended_goal_and_of_none(wordy):
    axes = panel(goal_inference(wordy), "means")
    for pack in PACKS:
        posterior = wordy.scores["goal_inference"][pack]["explained"]
        goal, none = posterior["coin"], posterior["none"]
        assert has_line(axes, (goal["low"], goal["high"]))
        assert has_line(axes, (1 - none["low"], 1 - none["high"]))


def test_bars_of_few_seeds_are_their_posteriors_in_order(wordy):
    axes = panel(goal_inference(wordy), "seeds")
    left, width = bars(axes)
    np.testing.assert_allclose(left, np.cumsum(width, axis=1) - width, atol=1e-12)
    assert (np.diff(width[:, 0]) >= 0).all()
    names = ticks(axes.yaxis)
    posteriors = dict(
        zip(
            (f"seed {seed['seed']}" for seed in wordy.scores["per_seed"]), seed_posteriors(wordy), strict=True
        )
    )
    assert sorted(names) == sorted(posteriors)
    np.testing.assert_allclose(width, [posteriors[name] for name in names], atol=1e-12)


def test_areas_of_many_seeds_are_their_posteriors_in_order(many):
    axes = panel(goal_inference(many), "seeds")
    left, width = areas(axes)
    np.testing.assert_allclose(left, np.cumsum(width, axis=1) - width, atol=1e-12)
    np.testing.assert_allclose(width, sorted(seed_posteriors(many)), atol=1e-12)
    assert ticks(axes.yaxis) == []


@pytest.mark.parametrize("name", ["few", "many", "one", "wordy"])
def test_each_seed_has_a_dot_in_the_lane_and_the_colour_of_each_goal(request, name):
    result = request.getfixturevalue(name)
    figure = goal_inference(result)
    expected = [
        [seed["goal_inference"][pack]["directedness"][goal] for seed in result.scores["per_seed"]]
        for pack, goal in lanes(result)
    ]
    drawn = dots(figure)
    np.testing.assert_allclose([lane[:, 0] for lane in drawn], expected)
    colours = [to_hex(markers.get_edgecolor()[0]) for markers in panel(figure, "directedness").collections]
    assert colours == [colour.lower() for colour in goal_colours(len(result.manifest["goals"]))] * 2


@pytest.mark.parametrize("name", ["few", "many", "wordy"])
def test_lanes_stand_below_each_other_with_each_mean_below_its_dots(request, name):
    result = request.getfixturevalue(name)
    figure = goal_inference(result)
    axes = panel(figure, "directedness")
    means = [y for _, (y,) in all_labelled(axes, "mean")]
    assert len(means) == len(lanes(result))
    heights = []
    for lane, mean in zip(dots(figure), means, strict=True):
        heights += [lane[:, 1].max(), lane[:, 1].min(), mean]
        assert len(np.unique(lane[:, 1])) == len(lane)  # So equal values do not hide each other.
    bottom, top = axes.get_ylim()
    assert (np.diff([top, *heights, bottom]) < 0).all()
    per_pack = len(heights) // 2
    for centre, of_pack in zip(axes.get_yticks(), (heights[:per_pack], heights[per_pack:]), strict=True):
        assert of_pack[-1] < centre < of_pack[0]
    assert ticks(axes.yaxis) == list(PACKS)


@pytest.mark.parametrize("name", ["few", "many", "wordy"])
def test_means_and_intervals_of_directedness_are_those_of_the_scores(request, name):
    result = request.getfixturevalue(name)
    axes = panel(goal_inference(result), "directedness")
    estimates = [result.scores["goal_inference"][pack]["directedness"][goal] for pack, goal in lanes(result)]
    means, intervals = all_labelled(axes, "mean"), all_labelled(axes, "interval")
    np.testing.assert_allclose([x[0] for x, _ in means], [estimate["mean"] for estimate in estimates])
    np.testing.assert_allclose(
        [x for x, _ in intervals], [(estimate["low"], estimate["high"]) for estimate in estimates]
    )
    for (_, (mean,)), (_, between) in zip(means, intervals, strict=True):
        assert (between == mean).all()


def test_one_seed_has_no_mean_of_directedness(one):
    axes = panel(goal_inference(one), "directedness")
    assert all_labelled(axes, "mean") == all_labelled(axes, "interval") == []
    assert axes.get_title(loc="left") == "the seed"


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0])
def test_axis_of_directedness_reaches_from_zero_past_every_seed(few, scale):
    scores = copy.deepcopy(few.scores)
    for seed in scores["per_seed"]:
        for pack in PACKS:
            directedness = seed["goal_inference"][pack]["directedness"]
            directedness.update({goal: scale * value for goal, value in directedness.items()})
    figure = goal_inference(dataclasses.replace(few, scores=scores))
    left, right = panel(figure, "directedness").get_xlim()
    most = max(lane[:, 0].max() for lane in dots(figure))
    assert left < 0
    assert right > most
    assert -left < 0.1 * right
    assert right < 2 * most or scale == 0


@pytest.mark.parametrize("name", ["few", "wordy"])
def test_legend_names_every_hypothesis(request, name):
    result = request.getfixturevalue(name)
    goal, *proxies = result.manifest["goals"]
    expected = [f"goal ({goal})", *(f"proxy ({proxy})" for proxy in proxies), "no goal"]
    assert texts(goal_inference(result).legends[0])[:-1] == expected
