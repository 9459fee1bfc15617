"""The page of the settings names the limits that the code has."""

from pathlib import Path

from gmbench.agents.ppo.learner import MOST_GRADIENT_STEPS
from gmbench.benchmarks.limits import LARGEST_SEED
from gmbench.runs.contract import OWN_COLUMNS
from gmbench.runs.jax_settings import PINNED
from gmbench.runs.limits import MOST, MOST_UPDATES

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()


def test_the_page_has_the_limits():
    for number in (*MOST.values(), MOST_UPDATES, MOST_GRADIENT_STEPS, LARGEST_SEED):
        assert f" {number:,}" in PAGE


def test_the_page_has_the_pinned_settings_and_the_reserved_names():
    for name in (*PINNED, *OWN_COLUMNS):
        assert f"`{name}`" in PAGE
