"""Whatever meets in a figure can be told apart in a grey print: by its grey, its hatching or its marker."""

import itertools

import pytest
from matplotlib.colors import to_rgb

from gmbench.benchmarks.scoring import VERDICTS
from gmbench.reports.figures.plane import DRAWN, LOOKS
from gmbench.reports.figures.style import DASHES, GOAL, HATCHES, NEITHER, PROXIES, hatched
from gmbench.reports.figures.sweep import LINES, SHADES

LEAST = 40
"""The least difference of two greys, of 255, that is seen without hatching."""


def luma(colour):
    red, green, blue = to_rgb(colour)
    return 255 * (0.299 * red + 0.587 * green + 0.114 * blue)


def differ(one, other, *looks):
    """Whether two colours differ in grey, or by any of the looks."""
    return abs(luma(one) - luma(other)) >= LEAST or any(look[one] != look[other] for look in looks)


@pytest.mark.parametrize("pair", itertools.combinations((GOAL, *PROXIES, NEITHER), 2))
def test_areas_differ_in_grey(pair):
    assert differ(*pair, HATCHES)
    assert [hatched(colour)["hatch"] for colour in pair] == [HATCHES[colour] for colour in pair]


@pytest.mark.parametrize("pair", itertools.combinations((GOAL, *PROXIES, NEITHER), 2))
def test_lines_differ_in_grey(pair):
    assert differ(*pair, DASHES)


@pytest.mark.parametrize("pair", itertools.combinations(VERDICTS, 2))
def test_verdicts_differ_in_grey(pair):
    one, other = (SHADES[verdict] for verdict in pair)
    assert one["hatch"] != other["hatch"] or differ(one["facecolor"], other["facecolor"])


@pytest.mark.parametrize("pair", itertools.combinations(DRAWN, 2))
def test_markers_of_verdicts_differ(pair):
    assert LOOKS[pair[0]].marker != LOOKS[pair[1]].marker


def test_lines_of_a_sweep_differ_in_style_or_marker():
    for one, other in itertools.combinations(LINES, 2):
        assert one[2:4] != other[2:4]
