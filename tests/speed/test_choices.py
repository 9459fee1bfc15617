import dataclasses

import pytest

from gmbench.benchmarks.registry import load_task
from gmbench.cli.main import main
from gmbench.errors import UsageError
from gmbench.speed.choices import Choices
from gmbench.speed.task_speed import measure_speed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["speed", "coinrun-v9"], "no task 'coinrun-v9'"),
        (["speed", "--seeds", "0"], "seeds must be at least 1, not 0"),
        (["speed", "--seeds", "3"], "4096 environments cannot be divided equally among 3 seeds"),
        (["speed", "--batch", "0"], "batch must be at least 1"),
        (["speed", "--environments", "0"], "environments must be at least 1"),
        (["speed", "--levels", "0"], "levels must be at least 1"),
        (["speed", "--repeats", "0"], "repeats must be at least 1"),
        (["speed", "--seconds", "0"], "seconds must be above 0"),
        (["speed", "--seconds", "nan"], "seconds must be above 0"),
    ],
)
def test_wrong_choices_are_refused_in_one_sentence(arguments, words, capsys):
    assert main(arguments) == 2
    message = capsys.readouterr().err.strip().splitlines()
    assert len(message) == 1
    assert message[0].startswith("gmbench: ")
    assert words in message[0]


def test_a_batch_that_does_not_divide_into_minibatches_is_refused(monkeypatch):
    task = load_task("coinrun-v1")
    odd = dataclasses.replace(task, configs={"ppo": type(task.configs["ppo"])(num_steps=63)})
    monkeypatch.setattr("gmbench.speed.task_speed.load_task", lambda name: odd)
    choices = Choices(("coinrun-v1",), (2,), None, 2, 64, 1, 0.1)
    with pytest.raises(UsageError, match="do not divide"):
        measure_speed(choices)
