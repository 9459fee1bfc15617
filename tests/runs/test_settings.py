import dataclasses

import pytest

from gmbench.agents.ppo import PPOConfig, RecurrentPPOConfig
from gmbench.benchmarks.registry import load_task
from gmbench.runs.run import make_algorithm
from gmbench.runs.settings import settle


@pytest.mark.parametrize(
    ("given", "own", "settled"),
    [(None, "ppo", "ppo"), (None, "ppo-rnn", "ppo-rnn"), ("ppo", "ppo-rnn", "ppo")],
)
def test_a_task_is_run_with_its_own_algorithm_unless_told_otherwise(given, own, settled):
    task = dataclasses.replace(load_task("coinrun-v1"), algorithm=own)
    assert settle(task, algorithm=given).algorithm == settled


def test_an_algorithm_is_made_with_the_settings_of_the_task_or_else_its_own():
    task = load_task("coinrun-v1")
    made = [make_algorithm(task, settle(task, algorithm=name, steps=5000)) for name in ("ppo", "ppo-rnn")]
    assert made[0].config == task.configs["ppo"] != PPOConfig()
    assert made[1].config == RecurrentPPOConfig()
    assert [learner.updates * learner.steps_per_update >= 5000 for learner in made] == [True, True]
