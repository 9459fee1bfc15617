"""The contract of algorithms: what a user's own must be, checked before a directory is claimed."""

import numpy as np
import pytest

import gmbench
from gmbench.agents import ALGORITHMS
from gmbench.benchmarks.registry import load_task
from gmbench.errors import UsageError
from gmbench.runs.algorithms import make_algorithm
from gmbench.runs.contract import check_contract, check_first_actions
from gmbench.runs.rescore import rescore
from gmbench.runs.settings import RunOptions, Settings
from gmbench.runs.storage.manifests import is_interrupted
from tests.own_algorithms import PATH
from tests.tiny_runs import TASK

pytestmark = pytest.mark.usefixtures("without_figures")
TINY = {"seeds": 3, "block": 2, "steps": 1024, "levels": 64}
FAULTS = {
    "nothing": "a NoneType has no method init",
    "float_steps": "its steps_per_update must be an int, not a float$",
    "no_steps": "its steps_per_update must be at least 1, not 0",
    "missing": r"its init cannot be traced: KeyError: 'weights' \(own_algorithms.py, line \d+\)$",
    "no_arrays": "its init returns a learner without any array",
    "object": "its init returns an Own where arrays and pytrees of them belong",
    "dtype": r"its update turns the array \['weights'\] of the learner from float32\[2\] into int32\[2\]",
    "shape": r"from float32\[2\] into float32\[3\]; keep shape and dtype",
    "tree": "its update changes the structure of the learner",
    "alone": "its update must return the learner and its metrics, not a dict",
    "branches": r"its update cannot be traced: TracerBoolConversionError: .*\(own_algorithms.py, line \d+\)$",
    "list": "its update must return metrics as a dictionary, not a list",
    "seed": "its update names a metric 'seed', which is a column of the learning curves already",
    "steps": "its update names a metric 'steps', which is a column",
    "update": "its update names a metric 'update', which is a column",
    "unnamed": "its update names a metric 1; the name must be a text",
    "long_metric": r"the metric 'loss' of its update must be a scalar number, not float32\[3\]",
    "complex": r"the metric 'loss' of its update must be a scalar number, not complex64\[\]",
    "no_policy": "its policy returns a NoneType without a method start",
    "logits": r"its policy.act must return one action as an integer scalar, .* and not float32\[3\]",
    "vector": r"its policy.act must return one action as an integer scalar, .* and not int32\[1\]",
    "float": r"its policy.act must return one action as an integer scalar, .* and not float32\[\]",
    "carry": "its policy.act changes the structure of the carry",
    "no_carry": r"its policy.act must return the action and the next carry, not int32\[\]",
    "fails": r"its policy.act cannot be traced: TypeError: .*\(own_algorithms.py, line \d+\)$",
    "beyond": r"its policy.act chose the action 1\d, and the actions of ascent-v1 are 0 to 2",
    "negative": r"its policy.act chose the action -\d, and the actions of ascent-v1 are 0 to 2",
}


@pytest.mark.parametrize(("fault", "sentence"), FAULTS.items())
def test_each_fault_is_said_in_one_sentence_before_a_directory_is_claimed(fault, sentence, tmp_path):
    with pytest.raises(UsageError, match=sentence) as refused:
        gmbench.run(TASK, algorithm=f"{PATH}:{fault}", out=tmp_path / "new", **TINY)
    message = str(refused.value)
    assert message.startswith(f"the algorithm '{PATH}:{fault}' cannot be used: ")
    assert "\n" not in message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_algorithms_of_gmbench_keep_the_contract(name, either_task):
    settings = Settings.resolve(either_task, RunOptions(algorithm=name, steps=4096))
    check_contract(name, make_algorithm(either_task, settings), either_task)


def test_an_algorithm_may_have_no_metrics_and_a_policy_without_arrays(tmp_path, capfd):
    result = gmbench.run(TASK, algorithm=f"{PATH}:free", out=tmp_path / "run", **TINY)
    assert list(result.curves) == ["seed", "update", "steps"]
    assert result.curves["update"].tolist() == [1, 2] * TINY["seeds"]
    assert result.manifest["diverged"] == []
    scores = (tmp_path / "run" / "scores.json").read_text()
    rescore(tmp_path / "run")
    assert (tmp_path / "run" / "scores.json").read_text() == scores
    assert capfd.readouterr().err == ""


def test_whole_numbers_are_metrics_too():
    result = gmbench.run(TASK, algorithm=f"{PATH}:whole", **TINY)
    assert result.curves["loss"].dtype == np.float32
    assert (result.curves["loss"] == 3).all()


def test_a_trained_policy_that_chooses_no_action_is_refused_and_not_scored(tmp_path):
    """Its first three actions are none but actions, so that only the evaluation can find the fault."""
    late = {**TINY, "algorithm": f"{PATH}:late", "steps": 17 * 512}
    task = load_task(TASK)
    check_first_actions("late", make_algorithm(task, Settings.resolve(task, RunOptions(**late))), task)
    with pytest.raises(
        UsageError, match="a policy chose the action 17, and the actions of Ascent are 0 to 2"
    ):
        gmbench.run(TASK, out=tmp_path / "run", **late)
    assert is_interrupted(tmp_path / "run")
    assert not (tmp_path / "run" / "scores.json").exists()


def test_a_fault_of_one_task_is_found_before_the_suite_begins(tmp_path):
    with pytest.raises(UsageError, match="its update changes the structure"):
        gmbench.run_suite("quick", algorithm=f"{PATH}:tree", out=tmp_path / "new")
    with pytest.raises(UsageError, match="its update changes the structure"):
        gmbench.run_sweep(TASK, alpha=(0, 1), algorithm=f"{PATH}:tree", out=tmp_path / "new")
    assert not list(tmp_path.iterdir())
