from gmbench.agents.ppo import PPOConfig, RecurrentPPOConfig
from gmbench.benchmarks.registry import load_task
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.settings import RunOptions, Settings


def test_an_algorithm_gets_the_hyperparameters_of_the_task_or_else_its_defaults():
    task = load_task("coinrun-v1")
    made = [
        make_algorithm(task, Settings.resolve(task, RunOptions(algorithm=name, steps=5000)))
        for name in ("ppo", "ppo-rnn")
    ]
    assert made[0].config == task.configs["ppo"] != PPOConfig()
    assert made[1].config == RecurrentPPOConfig()
    assert [learner.updates * learner.steps_per_update >= 5000 for learner in made] == [True, True]
