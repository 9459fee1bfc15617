import dataclasses
from typing import get_type_hints

import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.runs.settings import RunKeywords, RunOptions, Settings, SweepKeywords


@pytest.mark.parametrize(
    ("given", "own", "expected"),
    [(None, "ppo", "ppo"), (None, "ppo-rnn", "ppo-rnn"), ("ppo", "ppo-rnn", "ppo")],
)
def test_a_task_has_its_own_algorithm_unless_another_is_given(given, own, expected):
    task = dataclasses.replace(load_task("coinrun-v1"), algorithm=own)
    assert Settings.resolve(task, RunOptions(algorithm=given)).algorithm == expected


def test_keyword_arguments_are_the_fields_of_the_options():
    options = get_type_hints(RunOptions)
    assert get_type_hints(RunKeywords) == options
    assert not RunKeywords.__required_keys__, "every option has a default"
    swept = ("alpha", "levels")
    assert get_type_hints(SweepKeywords) == {
        name: kind for name, kind in options.items() if name not in swept
    }
    assert not SweepKeywords.__required_keys__
